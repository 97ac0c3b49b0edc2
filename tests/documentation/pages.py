"""Runs the code of one page: its Python first, then its commands."""

import os
import pathlib
import subprocess
import sys

from tests.documentation import shell
from tests.documentation.blocks import ROOT, script, shell_commands
from tests.documentation.commands import Calls


def run(page: pathlib.Path, folder: pathlib.Path) -> None:
    """Raises unless all code of a page runs, in a folder of its own.

    Args:
        page: The Markdown file.
        folder: An empty folder, the current one. Commands may read what the
            page's Python wrote.
    """
    text = page.read_text()
    shell.prepare(folder, ROOT)
    run_python(script(text), page.name, folder)
    calls = Calls()
    for command in shell_commands(text):
        for words in shell.calls(command, folder):
            calls.check(words)


def run_python(code: str, name: str, folder: pathlib.Path) -> None:
    """Runs code in a process of its own; shows what it printed if it fails."""
    if not code.strip():
        return
    done = subprocess.run(
        [sys.executable, "-c", f"exec(compile({code!r}, {name!r}, 'exec'))"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
