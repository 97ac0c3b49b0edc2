"""The numbers of the paper's tables, read from published.csv.

The file has what the paper prints and nothing else: no number of the paper
is written down anywhere else in the package.
"""

import csv
import dataclasses
import functools
import pathlib

from xvat_tf.methods import METHODS

_FILE = pathlib.Path(__file__).with_name("published.csv")
# Names of this project for the methods that it trains.
_METHODS = {
    theirs: f"{name}{ending}"
    for name, method in METHODS.items()
    for theirs, ending in method.published.items()
}


@dataclasses.dataclass(frozen=True)
class Published:
    """A number of one of the paper's tables.

    Attributes:
        table: Number of the table, as text.
        dataset: As `--dataset`.
        method: As in `reproduction.cells`; the paper's own word for a method
            that this project does not train.
        value: Test accuracy in percent; in table 3 seconds per epoch.
        source: Reference in the paper's list that it quotes, such as [15];
            empty for its own experiments.
    """

    table: str
    dataset: str
    method: str
    value: float
    source: str


@functools.cache
def of_table(table: str) -> tuple[Published, ...]:
    """All numbers of a table, in the paper's order; gaps are left out."""
    with open(_FILE, newline="") as file:
        return tuple(
            Published(
                table,
                row["dataset"],
                _METHODS.get(row["method"], row["method"]),
                float(row["value"]),
                row["source_in_paper"].removeprefix("own"),
            )
            for row in csv.DictReader(file)
            if row["table"] == table and row["value"]
        )


def value(table: str, dataset: str, method: str) -> float | None:
    """One number of a table; None where the paper has none."""
    return next(
        (
            number.value
            for number in of_table(table)
            if (number.dataset, number.method) == (dataset, method)
        ),
        None,
    )
