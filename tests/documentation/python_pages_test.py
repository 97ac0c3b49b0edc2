"""Pages with Python: all their code runs, in the order of the page."""

import pytest

from tests.documentation import pages
from tests.documentation.blocks import PAGES, script

WITH_PYTHON = [page for page in PAGES if script(page.read_text()).strip()]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
def test_its_code_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pages.run(page, tmp_path)
