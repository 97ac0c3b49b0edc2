"""Seconds per epoch of measured steps, beside those of the paper's table 3."""

import statistics
from typing import Annotated

from annotated_types import Ge, Le, Len
from typing_extensions import TypedDict

from xvat_tf import published
from xvat_tf.benchmarking.cases import timed_methods, timed_networks
from xvat_tf.files.tables import as_markdown, number
from xvat_tf.settings import resolve

HEADER = (
    *("data set", "network", "method", "steps", "s per epoch", "/ vat"),
    *("paper: s per epoch", "paper: / vat"),
)
TEXT_COLUMNS = 3
_Positive = Annotated[float, Ge(1e-10), Le(1e10)]


class Timed(TypedDict):
    """What is read of `step_times.StepTimes`."""

    network: str
    name: str
    samples: Annotated[list[_Positive], Len(1)]
    ratio_to_vat: _Positive | None


class Measured(TypedDict):
    """What is read of the benchmark's JSON."""

    machine: dict[str, str | int]
    steps_per_epoch: dict[str, Annotated[int, Ge(1), Le(10**10)]]
    steps: list[Timed]


def table3(record: Measured) -> str:
    """Renders what a benchmark measured as a Markdown table."""
    return as_markdown(HEADER, rows(record), TEXT_COLUMNS)


def rows(record: Measured) -> list[tuple]:
    """Cells of what was measured and of what only the paper has."""
    measured = (row for x in record["steps"] for row in _rows(x, record))
    return with_published([*measured])


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


def with_published(rows: list[tuple]) -> list[tuple]:
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
