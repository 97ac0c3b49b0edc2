"""Table 3: seconds per epoch, from what the benchmark wrote."""

import json
import pathlib
import types

from xvat_tf import markdown as plain
from xvat_tf.benchmarking import epochs
from xvat_tf.errors import UserError
from xvat_tf.reproduction.formats import as_csv, as_latex

_LEFT = 2  # Columns of text.


def read(path: pathlib.Path) -> tuple[list[tuple[str, ...]], str]:
    """Reads a file of `python -m xvat_tf.benchmark --json=FILE`.

    Returns:
        Rows of the table, and the machine it was measured on.

    Raises:
        UserError: It is missing, or no such file.
    """
    try:
        record = json.loads(path.read_text())
        steps = record["steps_per_epoch"]
        rows = [_row(timed, steps) for timed in record["steps"]]
        machine = ", ".join(f"{k} {v}" for k, v in record["machine"].items())
    except OSError as error:
        raise UserError(
            f"--benchmark_json={path} cannot be read ({error.strerror}): make"
            " it with python -m xvat_tf.benchmark --table3 --json=FILE."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"--benchmark_json={path} holds no step times: make it with"
            " python -m xvat_tf.benchmark --table3 --json=FILE."
        ) from None
    return rows, machine


def _row(timed, steps):
    names = ("network", "name", "samples", "ratio_to_vat")
    read = types.SimpleNamespace(**{name: timed[name] for name in names})
    return epochs.row(read, steps)


def markdown(rows: list[tuple[str, ...]], machine: str) -> str:
    """The table, with the machine."""
    return (
        f"# Table 3\n\n{plain.table(epochs.HEADER, rows, _LEFT)}\n\n"
        "Seconds of an epoch's train steps, from the median step; `/ vat`:"
        " time to that of\nVAT, measured in turns; paper: its abstract."
        f" Machine: {machine}.\n\n"
        "Made by `python -m xvat_tf.reproduce --table=3"
        " --benchmark_json=FILE`.\n"
    )


def latex(rows: list[tuple[str, ...]], machine: str) -> str:
    """The table; the machine is a comment."""
    return as_latex(epochs.HEADER, rows, _LEFT, (machine,))


def csv(rows: list[tuple[str, ...]]) -> str:
    """The table."""
    header = tuple(name.replace("/ ", "to ") for name in epochs.HEADER)
    return as_csv(header, rows)
