"""Links lead to files and headings, and every flag that is named exists."""

import re

import pytest

from tests.documentation.blocks import PAGES, ROOT
from tests.documentation.flag_names import FOREIGN, our_flags

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FLAG = re.compile(r"(?<![\w-])--(?:\[no\])?([a-z][\w-]*)")
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def links(text):
    """Where a page's links and pictures lead, but for those in code."""
    return _LINK.findall(_FENCED.sub("", text))


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", text), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def has(target, anchor):
    """Whether a page has the heading that a link names, if it names one."""
    return not anchor or anchor in anchors(target.read_text())


def flags(text):
    """Flags that a page names; a star or dots stand for the rest of one."""
    found = (match for match in _FLAG.finditer(text))
    open_ended = ("*", "...")
    return {
        match[1].replace("-", "_")
        for match in found
        if not text.startswith(open_ended, match.end())
    }


def broken(text, folder, own):
    """Links of a page in `folder` that lead nowhere."""
    found = []
    for link in links(text):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = folder / path if path else own
        if not target.exists() or not has(target, anchor):
            found.append(link)
    return found


@every_page
def test_links_lead_somewhere(page):
    assert not broken(page.read_text(), page.parent, page)


@every_page
def test_flags_exist(page):
    assert flags(page.read_text()) <= our_flags() | FOREIGN


def test_every_page_is_in_the_index():
    index = ROOT / "docs/README.md"
    found = {
        (index.parent / link).resolve() for link in links(index.read_text())
    }
    assert {page for page in PAGES if page != index} <= found


def test_broken_links_are_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One `two` (3)\n[a](#one-two-3) ![b](page.md)")
    assert not broken(page.read_text(), tmp_path, page)
    text = "[a](#one) [b](page.md#two) [c](no.md) [d](https://e.f)"
    assert broken(text, tmp_path, page) == ["#one", "page.md#two", "no.md"]


def test_flags_are_seen():
    text = "`--eta=1`, --l-a, a--b, ---, `--[no]xla` --peer_*_dir --lr-..."
    assert flags(text) == {"eta", "l_a", "xla"}
    assert "eta" in our_flags() and "lamb" in our_flags()
    assert "no_such_flag" not in our_flags() | FOREIGN
