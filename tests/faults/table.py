"""The table of docs/reliability.md, made from what the tests found."""

import pathlib

PROPERTY = "row of the fault table"
_START, _END = "<!-- faults: begin -->\n", "<!-- faults: end -->"
_HEAD = """\
| fault | tried | the user sees | status | outcome |
| --- | ---: | --- | --- | --- |
"""


def markdown(reports) -> str:
    """All rows that the reports of the tests carry, under one head.

    Several processes may have tested: the numbers of the rows say their order.
    """
    rows = sorted(
        tuple(value)
        for report in reports
        for name, value in report.user_properties
        if name == PROPERTY
    )
    return _HEAD + "".join(f"{row}\n" for _, row in rows)


def replace(page: pathlib.Path, table: str) -> None:
    """Puts the table between the two marks of a page."""
    before, rest = page.read_text().split(_START)
    _, after = rest.split(_END)
    page.write_text(before + _START + table + _END + after)
