"""A table as Markdown, CSV and LaTeX."""

import csv
import io
import re

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "–": "--",
    "−": "$-$",
    "λ": r"$\lambda$",
    "η": r"$\eta$",
    "ε": r"$\varepsilon$",
    "<": r"$<$",
    ">": r"$>$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_SPECIAL = re.compile("|".join(map(re.escape, _LATEX)))


def as_csv(header: tuple[str, ...], rows: list[tuple]) -> str:
    """Comma-separated values, a header first; None is empty."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def as_latex(
    header: tuple[str, ...],
    rows: list[tuple[str, ...]],
    left: int = 1,
    comments: tuple[str, ...] = (),
) -> str:
    """A tabular of the booktabs package.

    Args:
        header: Names of the columns.
        rows: As many texts each.
        left: That many first columns are flush left, the others right.
        comments: Lines that LaTeX does not set.
    """
    columns = "l" * left + "r" * (len(header) - left)
    return "\n".join(
        [
            *(f"% {' '.join(comment.split())}" for comment in comments),
            f"\\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            _line(header),
            r"\midrule",
            *map(_line, rows),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _line(cells):
    return " & ".join(map(latex_text, cells)) + r" \\"


def latex_text(text: str) -> str:
    """A text whose characters LaTeX sets as they are."""
    return _SPECIAL.sub(lambda found: _LATEX[found[0]], text)
