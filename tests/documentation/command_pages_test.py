"""Pages with commands only: each is run, or could be."""

import pytest

from tests.documentation import pages
from tests.documentation.blocks import PAGES, script, shell_commands

TEXTS = {page: page.read_text() for page in PAGES}
WITH_COMMANDS = [
    page
    for page, text in TEXTS.items()
    if shell_commands(text) and not script(text).strip()
]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_its_commands_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pages.run(page, tmp_path)
