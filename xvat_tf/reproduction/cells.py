"""The cells of the paper's tables, and the flagfile that trains each."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Cell:
    """One row of a table.

    Attributes:
        table: Number of the paper's table, 1 to 5.
        dataset: Data set of the row.
        method: mle, at_l2, at_linf, vat, vatent, xat, xvat or
            xvat_transductive.
        variant: recipe, paper, released or official.
        flagfile: Name of the file in flags/, without .flags.
        published: Accuracy in the paper, in percent.
        official: Accuracy of the official code where it is known, in percent.
        note: What a reader of the row has to know.
    """

    table: int
    dataset: str
    method: str
    variant: str
    flagfile: str
    published: float | None
    official: float | None
    note: str = ""


CELLS: tuple[Cell, ...] = tuple(
    Cell(1, "mnist", method, "recipe", f"mnist_{method}", None, None)
    for method in ("mle", "vat", "xvat", "xvat_transductive")
)
