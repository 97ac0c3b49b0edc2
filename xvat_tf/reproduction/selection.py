"""Which cells and seeds a command is about."""

from collections.abc import Mapping

from xvat_tf.errors import UserError
from xvat_tf.reproduction import cells
from xvat_tf.reproduction.cells import Cell
from xvat_tf.settings.option import require_choice

TABLES = (1, 2, 3, 4, 5)
# What a flag limits: an attribute of the cells.
LIMITS = {"datasets": "dataset", "methods": "method", "variants": "variant"}


def of_table(table: int) -> list[Cell]:
    """All cells of a table.

    Raises:
        UserError: There is no such table.
    """
    require_choice("table", table, TABLES)
    return [cell for cell in cells.CELLS if cell.table == table]


def choose(table: int, limits: Mapping[str, list[str]]) -> list[Cell]:
    """Cells of a table.

    Args:
        table: Its number.
        limits: Names by flag, of `LIMITS`; no names for all.

    Returns:
        At least one cell.

    Raises:
        UserError: There is no such table, or it has no such cell.
    """
    chosen = of_table(table)
    asked = {flag: names for flag, names in limits.items() if names}
    for flag, names in asked.items():
        chosen = [c for c in chosen if getattr(c, LIMITS[flag]) in names]
    if not chosen:
        said = " ".join(
            f"--{f}={','.join(names)}" for f, names in asked.items()
        )
        raise UserError(
            f"--table={table} has no cell{said and ' of '}{said}:"
            f" choose another table{said and ', or fewer limits'}."
        )
    return chosen


def known(flag: str) -> list[str]:
    """Every name that a limit may have, in the order of the cells."""
    names = (getattr(cell, LIMITS[flag]) for cell in cells.CELLS)
    return list(dict.fromkeys(names))


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
