"""Every flag that a page names exists, and every page is in the index."""

import re

import pytest

from tests.documentation.blocks import PAGES, ROOT
from tests.documentation.flag_names import FOREIGN, our_flags

_FLAG = re.compile(r"(?<![\w-])--(?:\[no\])?([a-z][\w-]*)")


def flags(text):
    """Flags that a page names; a star or dots stand for the rest of one."""
    found = (match for match in _FLAG.finditer(text))
    open_ended = ("*", "...")
    return {
        match[1].replace("-", "_")
        for match in found
        if not text.startswith(open_ended, match.end())
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_flags_exist(page):
    assert flags(page.read_text()) <= our_flags() | FOREIGN


def test_every_page_is_in_the_index():
    index = (ROOT / "docs/README.md").read_text()
    names = {page.name for page in PAGES} - {"README.md"}
    linked = set(re.findall(r"\]\((?:[\w./-]+/)?([\w-]+\.md)\)", index))
    assert names == linked - {"README.md"}


def test_flags_are_seen():
    text = "`--eta=1`, --l-a, a--b, ---, `--[no]xla` --peer_*_dir --lr-..."
    assert flags(text) == {"eta", "l_a", "xla"}
    assert "eta" in our_flags() and "lamb" in our_flags()
    assert "no_such_flag" not in our_flags() | FOREIGN
