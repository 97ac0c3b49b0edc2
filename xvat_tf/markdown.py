"""Tables as Markdown."""

import math


def table(
    header: tuple[str, ...], rows: list[tuple[str, ...]], left: int = 1
) -> str:
    """A Markdown table whose columns are aligned.

    Args:
        header: Names of the columns.
        rows: As many texts each.
        left: That many first columns are flush left, the others right.
    """
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def line(cells):
        padded = (
            cell.ljust(w) if i < left else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join(
        "-" * (w + 1) + ("-" if i < left else ":") for i, w in enumerate(widths)
    )
    return "\n".join([line(header), rule + "|", *map(line, rows)])


def number(value: float | None, form: str) -> str:
    """A number of a table; a dash where there is none, or it is NaN."""
    unknown = value is None or math.isnan(value)
    return "–" if unknown else format(value, form)
