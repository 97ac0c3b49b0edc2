"""All code of a page runs: its Python in its order, then its commands."""

import pytest

from tests.documentation import shell
from tests.documentation.blocks import PAGES, ROOT, script, shell_commands
from tests.documentation.commands import Calls

_CODE = [
    page
    for page in PAGES
    if shell_commands(page.read_text()) or script(page.read_text()).strip()
]
_TRAINED = set()


@pytest.mark.parametrize("page", _CODE, ids=lambda page: page.name)
def test_its_code_runs(page, tmp_path, monkeypatch):
    """Its commands may read what its Python wrote."""
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    shell.prepare(tmp_path, ROOT)
    # Blank lines keep the code at its lines in the page.
    code = compile(script(text), page.name, "exec")
    exec(code, {"__name__": "__main__"})
    calls = Calls(_TRAINED, read="xvat_tf.evaluate" in text)
    for command in shell_commands(text):
        for words in shell.calls(command, tmp_path):
            calls.check(words)
