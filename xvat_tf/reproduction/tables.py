"""Tables of accuracies: the paper's numbers, and what runs showed."""

import pathlib

from xvat_tf import published
from xvat_tf.files import write_text
from xvat_tf.files.tables import (
    Spread,
    as_csv,
    as_latex,
    as_markdown,
    number,
    spread_text,
    unmarked,
)
from xvat_tf.files.templates import read_template
from xvat_tf.reproduction import cells, rows
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.collection import read
from xvat_tf.reproduction.rows import Row
from xvat_tf.reproduction.runs import Places

PUBLISHED_ONLY = "published only"
_TEXT_COLUMNS = ("data set", "method", "variant")
_HEADER = (
    *(*_TEXT_COLUMNS, "n", "final", "validation best", "median of last 20"),
    *("paper", "difference", "status"),
)
_ORIGIN = ("flagfile", "settings")
_MEANINGS = {
    **cells.VARIANTS,
    PUBLISHED_ONLY: "a number of the paper for a method not trained here; in"
    " brackets the work that the paper quotes",
    "own": "a method of this project beside the published one, as said below",
}


def write_accuracies(table: str, places: Places) -> list[pathlib.Path]:
    """Renders all cells of a table from the collected runs, Markdown first.

    A UserError says that nothing can be written.
    """
    trained = [rows.make(c, read(c, places)) for c in cells.of_table(table)]
    found = with_published(table, trained)
    texts = {
        "md": markdown(table, found),
        "csv": as_csv(list(map(_values, found))),
        "tex": latex(found),
    }
    return write_files(places.results, table, texts)


def with_published(table: str, trained: list[Row]) -> list[Row]:
    """Adds, data set by data set, what only the paper has."""
    known = {(row.cell.dataset, row.cell.method) for row in trained}
    besides = []
    for one in published.of_table(table):
        if (one.dataset, one.method) not in known:
            name = f"{one.method} {one.source}".strip()
            what = table, one.dataset, name, PUBLISHED_ONLY, "", one.value
            besides.append(rows.make(Cell(*what), []))
    datasets = dict.fromkeys(r.cell.dataset for r in [*trained, *besides])
    return [
        row
        for dataset in datasets
        for row in [*besides, *trained]
        if row.cell.dataset == dataset
    ]


def markdown(table: str, found: list[Row]) -> str:
    """Renders the table with its explanation and notes."""
    texts = [(*_texts(row), *_origin(row)) for row in found]
    body = as_markdown((*_HEADER, *_ORIGIN), texts, len(_TEXT_COLUMNS))
    template = read_template(
        __package__, "accuracies.md.jinja", {"unmarked": unmarked}
    )
    title = f"Table {table}"
    if table == cells.AUGMENTATION:
        title = "Augmentation (no table of the paper)"
    return template.render(
        title=title,
        body=body,
        meanings=_MEANINGS,
        used={word for row in found for word in _variant(row).split(", ")},
        table=table,
        notes=[(_name(row), note) for row in found for note in _notes(row)],
    )


def latex(found: list[Row]) -> str:
    """Renders the table; flagfiles, hashes and notes are comments."""
    comments = [
        ": ".join([_name(row), *_origin(row), *_notes(row)]) for row in found
    ]
    texts = list(map(_texts, found))
    return as_latex(_HEADER, texts, len(_TEXT_COLUMNS), comments)


def _name(row):
    return f"{row.cell.dataset} {row.cell.method} {row.cell.variant}"


def _variant(row):
    return f"{row.cell.variant}{', own' if row.cell.own else ''}"


def _texts(row):
    cell = row.cell
    unfinished = row.unfinished and not row.finished
    return (
        cell.dataset,
        cell.method,
        _variant(row),
        str(row.finished) if cell.flagfile else "–",
        row.unfinished if unfinished else spread_text(row.final),
        spread_text(row.validation_best),
        spread_text(row.median),
        _number(cell.published),
        _number(row.difference, "+.2f"),
        row.status,
    )


def _origin(row):
    return row.cell.flagfile or "–", " ".join(row.hashes) or "–"


def _notes(row):
    notes = [row.cell.own, row.cell.note]
    if row.dataset != row.cell.dataset:
        notes.append(f"runs are on {row.dataset}, not compared to the paper.")
    return list(filter(None, notes))


def _values(row):
    cell = row.cell
    return {
        "dataset": cell.dataset,
        "method": cell.method,
        "variant": cell.variant,
        "n": row.finished if cell.flagfile else None,
        **_rounded("final", row.final),
        **_rounded("validation_best", row.validation_best),
        **_rounded("median_of_last_20", row.median),
        "paper": cell.published,
        "difference": row.difference and round(row.difference, 4),
        "status": row.status,
        "unfinished": row.unfinished,
        "flagfile": cell.flagfile,
        "settings_hashes": " ".join(row.hashes),
        "trained_on": row.dataset if row.finished else "",
        "own": cell.own,
        "note": cell.note,
    }


def _rounded(name, one: Spread | None):
    mean, deviation = one or (None, None)
    return {
        f"{name}_mean": mean and round(mean, 4),
        f"{name}_std": deviation and round(deviation, 4),
    }


def _number(value, form=".2f"):
    return number(value, form).replace("-", "−")


def write_files(folder, table, texts) -> list[pathlib.Path]:
    """Writes a table's text by suffix; returns the files."""
    stem = table if table == cells.AUGMENTATION else f"table{table}"
    paths = []
    for suffix, text in texts.items():
        path = folder / f"{stem}.{suffix}"
        write_text(path, text, shared=True)
        paths.append(path)
    return paths
