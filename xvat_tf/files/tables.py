"""Tables as Markdown, LaTeX, CSV and plain text."""

import csv
import io
import math
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import tabulate

# What LaTeX has no letter for where tabulate leaves it as it is.
_LATEX = str.maketrans(
    {
        "±": r"$\pm$",
        "–": "--",
        "−": "$-$",
        "∞": r"$\infty$",
        "λ": r"$\lambda$",
        "η": r"$\eta$",
        "ε": r"$\varepsilon$",
    }
)

_MARKDOWN = str.maketrans(
    {"|": r"\|", "<": "&lt;"} | {chr(code): " " for code in range(0x20)}
)

Rows = Sequence[Sequence[str]]


def as_markdown(header: Sequence[str], rows: Rows, left: int = 1) -> str:
    """Renders a Markdown table; all but `left` columns are on the right."""
    safe = [list(map(unmarked, row)) for row in rows]
    return _render("pipe", header, safe, left)


def unmarked(text: str) -> str:
    """A text of a file of others: no columns, HTML, links or pictures."""
    return text.translate(_MARKDOWN).replace("](", r"]\(")


def as_latex(
    header: Sequence[str],
    rows: Rows,
    left: int = 1,
    comments: Sequence[str] = (),
) -> str:
    """Renders a tabular of the booktabs package, aligned as `as_markdown` does.

    The comments are lines that LaTeX does not set.
    """
    text = _render("latex_booktabs", header, rows, left).translate(_LATEX)
    lines = [f"% {' '.join(comment.split())}" for comment in comments]
    return "\n".join([*lines, text, ""])


def as_text(rows: Rows, aligned: str) -> str:
    """Renders columns with two spaces between; `aligned` is l or r for each."""
    text = _tabulated("plain", (), rows, aligned)
    return "\n".join(line.rstrip() for line in text.splitlines())


def as_csv(rows: Sequence[dict]) -> str:
    """Renders comma-separated values, the names first; None is empty.

    Args:
        rows: At least one; the same names in each.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def number(value: float | None, form: str) -> str:
    """A number of a table; a dash where there is none, or it is NaN."""
    unknown = value is None or math.isnan(value)
    return "–" if unknown else format(value, form)


class Spread(NamedTuple):
    """Mean and sample standard deviation (n - 1), which one value has not."""

    mean: float
    deviation: float | None


def spread(values: Iterable[float | None]) -> Spread | None:
    """The spread of values that are neither None nor NaN; None of none."""
    known = [v for v in values if v is not None and not math.isnan(v)]
    if not known:
        return None
    deviation = statistics.stdev(known) if len(known) > 1 else None
    return Spread(statistics.fmean(known), deviation)


def spread_text(found: Spread | None, form: str = ".2f") -> str:
    """A spread in a table: `91.00 ± 1.41`; a dash where there is none."""
    mean, deviation = found or (None, None)
    reach = "" if deviation is None else f" ± {deviation:{form}}"
    return number(mean, form) + reach


def counted(count: int, noun: str) -> str:
    """A count and what is counted: `1 epoch`, `1,000 epochs`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _render(form, header, rows, left):
    return _tabulated(form, header, rows, "l" * left + "r" * len(header))


def _tabulated(form, header, rows, aligned):
    columns = len(rows[0]) if rows else 0
    words = {"l": "left", "r": "right"}
    return tabulate.tabulate(
        rows,
        header,
        tablefmt=form,
        colalign=[words[letter] for letter in aligned[:columns]],
        disable_numparse=True,
    )
