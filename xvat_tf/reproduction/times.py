"""Table 3: seconds per epoch, from what the benchmark wrote."""

import dataclasses
import json
import pathlib
import types

from xvat_tf.benchmarking import epochs
from xvat_tf.benchmarking.epochs import Epoch
from xvat_tf.errors import UserError
from xvat_tf.files import write_json
from xvat_tf.files.tables import as_csv, as_latex, as_markdown
from xvat_tf.reproduction.tables import write_files

KEPT = "table3.json"
_REMEDY = "make it with python -m xvat_tf.benchmark --table3 --json=FILE."


def keep(benchmark_json: pathlib.Path, results: pathlib.Path) -> None:
    """Keeps of a benchmark what table 3 shows.

    Args:
        benchmark_json: Of `python -m xvat_tf.benchmark --json=FILE`.
        results: Gets `KEPT`.

    Raises:
        UserError: The file is missing, or no such file.
    """
    try:
        record = json.loads(benchmark_json.read_text())
        steps = record["steps_per_epoch"]
        found = [_epoch(timed, steps) for timed in record["steps"]]
        machine = ", ".join(f"{k} {v}" for k, v in record["machine"].items())
    except OSError as error:
        raise UserError(
            f"--benchmark_json={benchmark_json} cannot be read"
            f" ({error.strerror}): {_REMEDY}"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"--benchmark_json={benchmark_json} holds no step times: {_REMEDY}"
        ) from None
    kept = {"machine": machine, "epochs": list(map(dataclasses.asdict, found))}
    write_json(results / KEPT, kept)


def _epoch(timed, steps):
    names = ("network", "name", "samples", "ratio_to_vat")
    read = types.SimpleNamespace(**{name: timed[name] for name in names})
    return epochs.epoch(read, steps)


def write_times(results: pathlib.Path) -> list[pathlib.Path]:
    """Renders table 3 from what was kept; without it, the paper's numbers.

    Returns:
        The files, Markdown first.

    Raises:
        UserError: What was kept is damaged, or nothing can be written.
    """
    found, machine = _kept(results / KEPT)
    rows = epochs.with_published(found)
    names = [name.replace("/ ", "to ") for name in epochs.HEADER]
    form = epochs.HEADER, rows, epochs.TEXT_COLUMNS
    texts = {
        "md": _markdown(as_markdown(*form), machine),
        "csv": as_csv([dict(zip(names, row, strict=True)) for row in rows]),
        "tex": as_latex(*form, comments=[machine]),
    }
    return write_files(results, "3", texts)


def _kept(path):
    try:
        record = json.loads(path.read_text())
        found = [Epoch(**one) for one in record["epochs"]]
        return found, record["machine"]
    except FileNotFoundError:
        return [], "none, nothing was measured"
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{path} is damaged: remove it, and give --benchmark_json=FILE"
            " again."
        ) from None


def _markdown(table, machine):
    return (
        f"# Table 3\n\n{table}\n\n"
        "Seconds of an epoch's train steps, from the median step; `/ vat`:"
        " time to that of\nVAT, measured in turns. The paper timed PyTorch on"
        " a Titan Xp, epochs of a length\nit does not say: compare ratios."
        f" Machine here: {machine}.\n\n"
        "Made by `python -m xvat_tf.reproduce --table=3"
        " --benchmark_json=FILE`, and again with `--render`.\n"
    )
