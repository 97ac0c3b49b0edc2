"""Seconds per epoch beside those of the paper's table 3. No TensorFlow."""

import dataclasses
import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Annotated

from annotated_types import Gt, Lt

from xvat_tf import published
from xvat_tf.benchmarking.cases import timed_methods, timed_networks
from xvat_tf.files.tables import number
from xvat_tf.settings import resolve

HEADER = (
    "data set",
    "network",
    "method",
    "steps",
    "s per epoch",
    "/ vat",
    "paper: s per epoch",
    "paper: / vat",
)
TEXT_COLUMNS = 3


@dataclasses.dataclass(frozen=True)
class Epoch:
    """Time of a method's epoch.

    Attributes:
        network: Key of `cases.timed_networks`.
        method: Key of `cases.timed_methods`, or name of a peer.
        steps: Steps of an epoch.
        seconds: Of an epoch's train steps, from the median step.
        ratio_to_vat: Time to that of VAT, of steps in turns; None without.
    """

    network: str
    method: str
    steps: Annotated[int, Gt(0), Lt(2**63)]
    seconds: Annotated[float, Gt(0), Lt(math.inf)]
    ratio_to_vat: Annotated[float, Gt(0), Lt(math.inf)] | None


def epoch(timed: Mapping, steps: Mapping[str, int]) -> Epoch:
    """Takes the time of an epoch from a record of `step_times.StepTimes`."""
    network, count = timed["network"], steps[timed["network"]]
    seconds = count * statistics.median(timed["samples"])
    return Epoch(network, timed["name"], count, seconds, timed["ratio_to_vat"])


def with_published(epochs: Iterable[Epoch]) -> list[tuple[str, ...]]:
    """Makes the rows of table 3: epochs, then what only the paper has."""
    rows = [row for one in epochs for row in _rows(one)]
    shown = {(row[0], row[2]) for row in rows if row[-2] != "–"}
    names = {_published_name(name): name for name in timed_methods()}
    rows += [
        (one.dataset, "–", name, "–", "–", "–", *_paper(one.dataset, name))
        for one in published.of_table("3")
        if (one.dataset, name := names[one.method]) not in shown
    ]
    datasets = list(dict.fromkeys(row[0] for row in rows))
    return sorted(rows, key=lambda row: datasets.index(row[0]))


def _rows(one):
    """A row for every data set of the paper, or for that of the network."""
    known = _published_datasets(one.network)
    for dataset in known or (timed_networks()[one.network]["dataset"],):
        yield (
            dataset,
            one.network,
            one.method,
            str(one.steps),
            f"{one.seconds:.3g}",
            number(one.ratio_to_vat, ".2f"),
            *(_paper(dataset, one.method) if known else ("–", "–")),
        )


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
