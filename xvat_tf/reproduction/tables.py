"""Writes a table's files."""

import pathlib
import tempfile

from xvat_tf.errors import UserError
from xvat_tf.records.writing import write_text
from xvat_tf.reproduction import accuracy_table, rows, selection, time_table
from xvat_tf.reproduction.collected import read
from xvat_tf.reproduction.runs import Places


def write_accuracies(table: int, places: Places) -> list[pathlib.Path]:
    """Renders all cells of a table from the collected runs.

    Returns:
        The files, Markdown first.

    Raises:
        UserError: A collected run is damaged, or nothing can be written.
    """
    found = [
        rows.make(cell, read(cell, places))
        for cell in selection.of_table(table)
    ]
    texts = {
        "md": accuracy_table.markdown(table, found),
        "csv": accuracy_table.csv(found),
        "tex": accuracy_table.latex(found),
    }
    return _write(places.results, table, texts)


def write_times(
    results: pathlib.Path, benchmark_json: pathlib.Path
) -> list[pathlib.Path]:
    """Renders table 3.

    Returns:
        The files, Markdown first.

    Raises:
        UserError: The benchmark's file is unusable, or nothing can be written.
    """
    found, machine = time_table.read(benchmark_json)
    texts = {
        "md": time_table.markdown(found, machine),
        "csv": time_table.csv(found),
        "tex": time_table.latex(found, machine),
    }
    return _write(results, 3, texts)


def _write(folder, number, texts):
    paths = []
    for suffix, text in texts.items():
        path = folder / f"table{number}.{suffix}"
        write_text(path, text)
        paths.append(path)
    return paths


def require_writable(flag: str, folder: pathlib.Path) -> None:
    """Makes a folder.

    Raises:
        UserError: It cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"--{flag}={folder} cannot be written ({error.strerror}): choose"
            " another folder."
        ) from None
