"""Which cells and seeds a command is about."""

from xvat_tf.errors import UserError
from xvat_tf.reproduction import cells
from xvat_tf.reproduction.cells import Cell

TABLES = (1, 2, 3, 4, 5)
METHODS = (
    "mle",
    "at_l2",
    "at_linf",
    "vat",
    "vatent",
    "xat",
    "xvat",
    "xvat_transductive",
)


def of_table(table: int) -> list[Cell]:
    """All cells of a table.

    Raises:
        UserError: There is no such table.
    """
    if table not in TABLES:
        raise UserError(
            f"--table={table} is not known: choose of"
            f" {', '.join(map(str, TABLES))}."
        )
    return [cell for cell in cells.CELLS if cell.table == table]


def choose(table: int, datasets: list[str], methods: list[str]) -> list[Cell]:
    """Cells of a table.

    Args:
        table: Its number.
        datasets: Names; empty for all.
        methods: Names; empty for all.

    Returns:
        At least one cell.

    Raises:
        UserError: A name is not known, or the table has no such cell.
    """
    found = of_table(table)
    known = sorted({cell.dataset for cell in cells.CELLS})
    _require_known("datasets", datasets, known)
    _require_known("methods", methods, METHODS)
    chosen = [
        cell
        for cell in found
        if (not datasets or cell.dataset in datasets)
        and (not methods or cell.method in methods)
    ]
    if not chosen:
        asked = [
            f"--{flag}={','.join(names)}"
            for flag, names in (("datasets", datasets), ("methods", methods))
            if names
        ]
        of = f" of {' '.join(asked)}" if asked else ""
        raise UserError(
            f"--table={table} has no cell{of}: choose another table"
            + (", or fewer limits." if asked else ".")
        )
    return chosen


def _require_known(flag, names, known):
    for name in names:
        if name not in known:
            raise UserError(
                f"--{flag}={name} is not known: choose of {', '.join(known)}."
            )


def seeds(texts: list[str]) -> list[int]:
    """Seeds that a flag lists, each once.

    Raises:
        UserError: None, or one is no whole number of 0 or above.
    """
    if not texts or not all(text.isdecimal() for text in texts):
        raise UserError(
            f"--seeds={','.join(texts)} must be whole numbers of 0 or above,"
            " such as 1,2,3."
        )
    return list(dict.fromkeys(map(int, texts)))
