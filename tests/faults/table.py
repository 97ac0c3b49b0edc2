"""The table of docs/notes/reliability.md, made from what the tests found."""

import pathlib

PROPERTY = "row of the fault table"
_START, _END = "<!-- faults: begin -->\n", "<!-- faults: end -->"
_HEAD = """\
| fault | tried | the user sees | status | outcome |
| --- | ---: | --- | --- | --- |
"""


def found_rows(reports) -> list[str]:
    """All rows that the reports of the tests carry.

    Several processes may have tested: the numbers of the rows say their order.
    """
    rows = sorted(
        tuple(value)
        for report in reports
        for name, value in report.user_properties
        if name == PROPERTY
    )
    return [row for _, row in rows]


def markdown(rows) -> str:
    """The table."""
    return _HEAD + "".join(f"{row}\n" for row in rows)


def replace(page: pathlib.Path, rows: list[str]) -> None:
    """Puts rows between the two marks of a page, each in place of its old one.

    What was not tried now stays as it was found before.
    """
    before, rest = page.read_text().split(_START)
    old, after = rest.split(_END)
    kept = old.removeprefix(_HEAD).splitlines()
    merged = {_name(row): row for row in [*kept, *rows]}
    text = markdown(merged.values())
    page.write_text(before + _START + text + _END + after)


def _name(row):
    return row.split("|")[1]
