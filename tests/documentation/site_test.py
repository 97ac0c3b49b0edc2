"""The site of the pages: links, references, and every public name."""

import re

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

import xvat_tf
from tests.architecture_test import RANKS
from tests.source_tree import ROOT


def make(folder, **changes):
    """Builds the site as `mkdocs build --strict` does."""
    file = str(ROOT / "mkdocs.yml")
    build(load_config(file, strict=True, site_dir=str(folder), **changes))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site."""
    folder = tmp_path_factory.mktemp("site")
    make(folder)
    return folder


def test_public_names_are_in_the_reference(site):
    page = (site / "docs/reference/index.html").read_text()
    shown = set(re.findall(r'<h3 id="xvat_tf\.(\w+)"', page))
    assert shown == set(xvat_tf.__all__)
    assert "doc-symbol-module" not in page


def test_a_page_has_its_style_script_and_pictures(site):
    """Links of the theme and of HTML, which mkdocs does not check."""
    for page in (site / "index.html", site / "docs/figures/index.html"):
        files = re.findall(r'(?:href|src)="([^":?#]+\.\w+)"', page.read_text())
        assert {"css", "js", "png"} <= {name.split(".")[-1] for name in files}
        assert all((page.parent / name).is_file() for name in files)


@pytest.mark.parametrize(
    "text", ["[a](#no)", "[a](no.md)", "[a](b.md#no)", "::: xvat_tf.no"]
)
def test_a_link_that_leads_nowhere_stops_the_build(text, tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "README.md").write_text(f"# A\n\n[b](b.md#b)\n\n{text}\n")
    (pages / "b.md").write_text("# B\n")
    with pytest.raises(Abort):
        make(tmp_path / "site", docs_dir=str(pages), exclude_docs="")


def test_the_picture_of_the_packages_is_that_of_the_ranks():
    page = (ROOT / "docs/architecture.md").read_text()
    drawn = {
        name: int(rank)
        for rank, names in re.findall(r'rank\d\["(\d): (.*)"\]', page)
        for name in names.split(" · ")
    }
    assert drawn == RANKS
