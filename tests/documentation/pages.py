"""Runs the code of one page: its Python first, then its commands."""

import pathlib

from tests.documentation import shell
from tests.documentation.blocks import ROOT, script, shell_commands
from tests.documentation.commands import Calls

_TRAINED = set()


def run(page: pathlib.Path, folder: pathlib.Path) -> None:
    """Raises unless all code of a page runs, in a folder of its own.

    Args:
        page: The Markdown file.
        folder: An empty folder, the current one. Commands may read what the
            page's Python wrote.
    """
    text = page.read_text()
    shell.prepare(folder, ROOT)
    # Blank lines keep the code at its lines in the page.
    code = compile(script(text), page.name, "exec")
    exec(code, {"__name__": "__main__"})
    # Runs that the page evaluates are its own.
    calls = Calls(None if "xvat_tf.evaluate" in text else _TRAINED)
    for command in shell_commands(text):
        for words in shell.calls(command, folder):
            calls.check(words)
