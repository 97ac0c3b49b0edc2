"""Tables of accuracies: what of a row is shown, and how."""

from xvat_tf.markdown import number, table
from xvat_tf.reproduction.formats import as_csv, as_latex
from xvat_tf.reproduction.rows import Row, Spread

_TEXT_COLUMNS = ("data set", "method", "variant")
_HEADER = (
    *_TEXT_COLUMNS,
    "n",
    "final",
    "validation best",
    "median of last 20",
    "paper",
    "official code",
    "difference",
    "status",
)
_ORIGIN = ("flagfile", "settings")
_CSV = (
    "dataset",
    "method",
    "variant",
    "n",
    *("final_mean", "final_std"),
    *("validation_best_mean", "validation_best_std"),
    *("median_of_last_20_mean", "median_of_last_20_std"),
    "paper",
    "official_code",
    "difference",
    "status",
    "unfinished",
    "flagfile",
    "settings_hashes",
    "trained_on",
    "note",
)
_EXPLANATION = """\
Test accuracy in percent: mean ± sample standard deviation over the n finished
runs, at the end and as the median of the last 20 evaluations. Validation best:
highest accuracy on held-out training images, of runs with `--validation`.
Difference: final minus the paper's, in points. A dash is what is not known."""


def markdown(number: int, rows: list[Row]) -> str:
    """The table with its explanation and notes."""
    texts = [(*_texts(row), *_origin(row)) for row in rows]
    body = table((*_HEADER, *_ORIGIN), texts, len(_TEXT_COLUMNS))
    command = f"Made by `python -m xvat_tf.reproduce --table={number}`."
    parts = [f"# Table {number}", body, _EXPLANATION, command]
    notes = [f"- {_name(row)}: {note}" for row in rows for note in _notes(row)]
    if notes:
        parts.append("\n".join(notes))
    return "\n\n".join(parts) + "\n"


def latex(rows: list[Row]) -> str:
    """The table; flagfiles, hashes and notes are comments."""
    comments = [
        ": ".join([_name(row), *_origin(row), *_notes(row)]) for row in rows
    ]
    texts = list(map(_texts, rows))
    return as_latex(_HEADER, texts, len(_TEXT_COLUMNS), tuple(comments))


def csv(rows: list[Row]) -> str:
    """The table with a number in a column."""
    return as_csv(_CSV, list(map(_values, rows)))


def _name(row):
    return f"{row.cell.dataset} {row.cell.method} {row.cell.variant}"


def _texts(row):
    cell = row.cell
    return (
        cell.dataset,
        cell.method,
        cell.variant,
        str(row.finished),
        row.unfinished
        if row.unfinished and not row.finished
        else _spread(row.final),
        _spread(row.validation_best),
        _spread(row.median),
        _number(cell.published),
        _number(cell.official),
        _number(row.difference, "+.2f"),
        row.status,
    )


def _origin(row):
    return row.cell.flagfile, " ".join(row.hashes) or "–"


def _notes(row):
    notes = [row.cell.note] if row.cell.note else []
    if row.dataset != row.cell.dataset:
        notes.append(f"runs are of {row.dataset}, not compared to the paper.")
    return notes


def _values(row):
    cell = row.cell
    spreads = (row.final, row.validation_best, row.median)
    return (
        cell.dataset,
        cell.method,
        cell.variant,
        row.finished,
        *(value for one in spreads for value in _rounded(one)),
        cell.published,
        cell.official,
        None if row.difference is None else round(row.difference, 4),
        row.status,
        row.unfinished,
        cell.flagfile,
        " ".join(row.hashes),
        row.dataset if row.finished else "",
        cell.note,
    )


def _rounded(one: Spread | None):
    if one is None:
        return None, None
    deviation = None if one.deviation is None else round(one.deviation, 4)
    return round(one.mean, 4), deviation


def _spread(one: Spread | None):
    if one is None:
        return "–"
    deviation = "" if one.deviation is None else f" ± {one.deviation:.2f}"
    return f"{one.mean:.2f}{deviation}"


def _number(value, form=".2f"):
    return number(value, form).replace("-", "−")
