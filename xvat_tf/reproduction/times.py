"""Table 3: seconds per epoch beside the paper's, from the benchmark's JSON."""

import pathlib
import statistics
from typing import Annotated

from annotated_types import Ge, Le, Len
from typing_extensions import TypedDict

from xvat_tf import published
from xvat_tf.benchmarking.cases import timed_methods, timed_networks
from xvat_tf.errors import UserError
from xvat_tf.files import read_json, write_json
from xvat_tf.files.tables import as_csv, as_latex, as_markdown, number, unmarked
from xvat_tf.files.templates import read_template
from xvat_tf.reproduction.tables import write_files
from xvat_tf.settings import resolve

KEPT = "table3.json"
_HEADER = (
    *("data set", "network", "method", "steps", "s per epoch", "/ vat"),
    *("paper: s per epoch", "paper: / vat"),
)
_TEXT_COLUMNS = 3
_Positive = Annotated[float, Ge(1e-10), Le(1e10)]


class _Timed(TypedDict):
    """What is read of `step_times.StepTimes`."""

    network: str
    name: str
    samples: Annotated[list[_Positive], Len(1)]
    ratio_to_vat: _Positive | None


class _Measured(TypedDict):
    machine: dict[str, str | int]
    steps_per_epoch: dict[str, Annotated[int, Ge(1), Le(10**10)]]
    steps: list[_Timed]


def keep(benchmark_json: pathlib.Path, results: pathlib.Path) -> None:
    """Keeps of a benchmark what table 3 shows, of its steps the median.

    A UserError says that the file is missing, or no such file.
    """
    remedy = "make it with python -m xvat_tf.benchmark --json=FILE"
    record = _read(benchmark_json, remedy)
    for timed in record["steps"]:
        timed["samples"] = [statistics.median(timed["samples"])]
    write_json(results / KEPT, record, shared=True)


def write_times(results: pathlib.Path) -> list[pathlib.Path]:
    """Renders table 3 from what was kept; without it, the paper's numbers.

    A UserError says that it is damaged, or that nothing can be written.
    """
    rows, machine = [], "none, nothing was measured"
    if (results / KEPT).exists():
        remedy = "remove it, and give --benchmark_json=FILE again"
        record = _read(results / KEPT, remedy)
        rows = [row for x in record["steps"] for row in _rows(x, record)]
        machine = ", ".join(f"{k} {v}" for k, v in record["machine"].items())
    rows = _with_published(rows)
    names = [name.replace("/ ", "to ") for name in _HEADER]
    form = _HEADER, rows, _TEXT_COLUMNS
    template = read_template(
        __package__, "times.md.jinja", {"unmarked": unmarked}
    )
    texts = {
        "md": template.render(body=as_markdown(*form), machine=machine),
        "csv": as_csv([dict(zip(names, row, strict=True)) for row in rows]),
        "tex": as_latex(*form, comments=[machine]),
    }
    return write_files(results, "3", texts)


def _read(path, remedy):
    record = read_json(path, _Measured, remedy)
    known = set(record["steps_per_epoch"]) & set(timed_networks())
    for unknown in sorted({x["network"] for x in record["steps"]} - known):
        raise UserError(
            f"{path} is damaged (network {unknown} is not known): {remedy}."
        )
    return record


def _rows(timed, record):
    """A row for every data set of the paper, or for that of the network."""
    network, method = timed["network"], timed["name"]
    steps = record["steps_per_epoch"][network]
    known = _published_datasets(network)
    for dataset in known or (timed_networks()[network]["dataset"],):
        yield (
            dataset,
            network,
            method,
            str(steps),
            f"{steps * statistics.median(timed['samples']):.3g}",
            number(timed["ratio_to_vat"], ".2f"),
            *(_paper(dataset, method) if known else ("–", "–")),
        )


def _with_published(rows):
    """Adds what only the paper has, and orders all by data set."""
    shown = {(row[0], row[2]) for row in rows if row[-2] != "–"}
    names = {_published_name(name): name for name in timed_methods()}
    added = [
        (one.dataset, "–", name, "–", "–", "–", *_paper(one.dataset, name))
        for one in published.of_table("3")
        if (one.dataset, name := names[one.method]) not in shown
    ]
    datasets = list(dict.fromkeys(row[0] for row in [*rows, *added]))
    return sorted([*rows, *added], key=lambda row: datasets.index(row[0]))


def _paper(dataset, method):
    """Seconds of the paper, and their ratio to its VAT."""
    seconds, of_vat = (
        published.value("3", dataset, _published_name(name))
        for name in (method, "vat")
    )
    if seconds is None or of_vat is None:
        return "–", "–"
    return f"{seconds:g}", f"{seconds / of_vat:.3f}"


def _published_name(method):
    """The paper's method of a key of `timed_methods`."""
    return method.removesuffix("-inductive").replace("-", "_")


def _published_datasets(case):
    """Data sets on which the paper times the network of a case, at any width.

    Those of conv13 have images of one size: a time stands for each of them.
    """
    network = _network(timed_networks()[case])
    timed = dict.fromkeys(one.dataset for one in published.of_table("3"))
    return [
        dataset
        for dataset in timed
        if _network({"dataset": dataset, "supervised": True}) == network
    ]


def _network(given):
    network = resolve(given).network
    return network.network, network.hidden_sizes
