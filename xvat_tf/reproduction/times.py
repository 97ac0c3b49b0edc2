"""Table 3: seconds per epoch, from what the benchmark wrote."""

import dataclasses
import pathlib
from collections.abc import Iterable
from typing import Annotated

from annotated_types import Ge, Le, Len
from typing_extensions import TypedDict

from xvat_tf.benchmarking import epochs
from xvat_tf.benchmarking.cases import timed_networks
from xvat_tf.benchmarking.epochs import Epoch
from xvat_tf.errors import UserError
from xvat_tf.files import read_json, write_json
from xvat_tf.files.tables import as_csv, as_latex, as_markdown, unmarked
from xvat_tf.files.templates import read_template
from xvat_tf.reproduction.tables import write_files

KEPT = "table3.json"
_MORE = {"extra": "allow"}
_Positive = Annotated[float, Ge(1e-10), Le(1e10)]


class _Timed(TypedDict):
    """What is read of `step_times.StepTimes`."""

    __pydantic_config__ = _MORE  # type: ignore[misc]
    network: str
    name: str
    samples: Annotated[list[_Positive], Len(1)]
    ratio_to_vat: _Positive | None


class _Measured(TypedDict):
    """What the benchmark writes."""

    __pydantic_config__ = _MORE  # type: ignore[misc]
    machine: dict[str, str | int]
    steps_per_epoch: dict[str, Annotated[int, Ge(1), Le(10**10)]]
    steps: list[_Timed]


class _Kept(TypedDict):
    machine: str
    epochs: list[Epoch]


def keep(benchmark_json: pathlib.Path, results: pathlib.Path) -> None:
    """Keeps of a benchmark what table 3 shows.

    Raises:
        UserError: The file is missing, or no such file.
    """
    remedy = "make it with python -m xvat_tf.benchmark --table3 --json=FILE"
    record = read_json(benchmark_json, _Measured, remedy)
    steps = record["steps_per_epoch"]
    networks = (timed["network"] for timed in record["steps"])
    _require_known(benchmark_json, networks, steps, remedy)
    found = [epochs.epoch(timed, steps) for timed in record["steps"]]
    machine = ", ".join(f"{k} {v}" for k, v in record["machine"].items())
    kept = {"machine": machine, "epochs": list(map(dataclasses.asdict, found))}
    write_json(results / KEPT, kept, shared=True)


def write_times(results: pathlib.Path) -> list[pathlib.Path]:
    """Renders table 3 from what was kept; without it, the paper's numbers.

    Raises:
        UserError: What was kept is damaged, or nothing can be written.
    """
    found, machine = _kept(results / KEPT)
    rows = epochs.with_published(found)
    names = [name.replace("/ ", "to ") for name in epochs.HEADER]
    form = epochs.HEADER, rows, epochs.TEXT_COLUMNS
    template = read_template(
        __package__, "times.md.jinja", {"unmarked": unmarked}
    )
    texts = {
        "md": template.render(body=as_markdown(*form), machine=machine),
        "csv": as_csv([dict(zip(names, row, strict=True)) for row in rows]),
        "tex": as_latex(*form, comments=[machine]),
    }
    return write_files(results, "3", texts)


def _kept(path):
    if not path.exists():
        return [], "none, nothing was measured"
    remedy = "remove it, and give --benchmark_json=FILE again"
    record = read_json(path, _Kept, remedy)
    networks = (one.network for one in record["epochs"])
    _require_known(path, networks, timed_networks(), remedy)
    return record["epochs"], record["machine"]


def _require_known(path, networks: Iterable[str], known, remedy):
    for unknown in sorted(set(networks) - set(known)):
        raise UserError(
            f"{path} is damaged (network {unknown} is not known): {remedy}."
        )
