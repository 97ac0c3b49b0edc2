"""Rows of a comparison: both values, their distance, and the table."""

import dataclasses
import math
import pathlib
from collections.abc import Callable, Iterable

import numpy as np

from xvat_tf import files
from xvat_tf.files.tables import as_text
from xvat_tf.reference.side_by_side.quantity import Quantity

_HEAD = ("quantity", "theirs", "ours", "error", "measure", "bar", "inside")


@dataclasses.dataclass(frozen=True)
class Compared:
    """One compared quantity with its value, or L2 norm, on each side.

    Args:
        group: Rows of one group share a line of the table: the worst of them.
        quantity: Name, distance and bar. An infinite bar means that the
            arithmetic carries no comparison: shown, not judged.
        theirs: Reference value or norm.
        ours: Our value or norm, likewise.
    """

    group: str
    quantity: Quantity
    theirs: float
    ours: float

    @property
    def badness(self) -> float:
        """Distance in bars; above 1 is outside."""
        error, bar = self.quantity.error, self.quantity.bar
        if not math.isfinite(error):
            return math.inf
        # A bar of 0 asks for equality, an infinite one for nothing.
        if bar == 0:
            return 0.0 if error == 0 else math.inf
        return error / bar


def row(
    measure: Callable[..., Quantity],
    name: str,
    ours,
    theirs,
    bar: float,
    group: str | None = None,
) -> Compared:
    """Compares a value of ours, array or number, with theirs of the same size.

    Args:
        measure: `quantity.relative`, `absolute` or `one_minus_cosine`.
        name: What is compared.
        ours: Our value.
        theirs: The reference.
        bar: Largest distance allowed.
        group: Line of the table; the name by default.
    """
    compared = measure(name, ours, theirs, bar)
    return Compared(group or name, compared, _size(theirs), _size(ours))


def worst(rows: Iterable[Compared]) -> Compared:
    """The row that is farthest outside, or closest to its bar."""
    return max(rows, key=lambda row: (not row.quantity.inside, row.badness))


def table(rows: list[Compared]) -> str:
    """The rows as text, one line per group."""
    groups = {}
    for one in rows:
        groups.setdefault(one.group, []).append(one)
    lines = [_HEAD, *(_line(name, own) for name, own in groups.items())]
    return as_text(lines, "l" * len(_HEAD))


def write_json(path: pathlib.Path, rows: list[Compared], **more) -> None:
    """Records every row and more; an infinite bar becomes null."""
    entries = [
        dataclasses.asdict(r.quantity)
        | {"theirs": r.theirs, "ours": r.ours, "inside": r.quantity.inside}
        for r in rows
    ]
    files.write_json(path, {**more, "quantities": entries})


def _line(name, rows):
    one = worst(rows)
    if len(rows) > 1:
        name = f"{name} ({len(rows)}, worst {one.quantity.name})"
    judged = math.isfinite(one.quantity.bar)
    verdict = ("yes" if one.quantity.inside else "NO") if judged else "-"
    return (
        name,
        f"{one.theirs:.10g}",
        f"{one.ours:.10g}",
        f"{one.quantity.error:.1e}",
        one.quantity.kind,
        f"{one.quantity.bar:.0e}" if judged else "-",
        verdict,
    )


def _size(value):
    value = np.asarray(value, np.float64)
    return float(value) if value.ndim == 0 else float(np.linalg.norm(value))
