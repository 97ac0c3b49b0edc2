"""Every flag that a page names exists, and every page is in the index."""

import contextlib
import functools
import importlib
import io
import re
import shlex

import pytest

from tests.documentation.blocks import PAGES
from tests.documentation.commands import flags_of
from tests.source_tree import COMMANDS, ROOT
from xvat_tf.errors import UserError

_FLAG = re.compile(r"(?<![\w-])--(?:\[no\])?([a-z][\w-]*)")
_SPAN = re.compile(
    rf"`(?:python -m xvat_tf\.)?({'|'.join(COMMANDS)})\s+(--[^`]+)`"
)


# Of TensorBoard; of pytest, two of them ours (tests/conftest.py).
FOREIGN = {"logdir", "samples_per_plugin"} | {
    "debug",  # Of the authors' PyTorch code; it has no counterpart here.
    "dist",
    "full",
    "golden",
    "hypothesis_show_statistics",
}


@functools.cache
def our_flags() -> set[str]:
    """Names of the flags of every command, and `help` itself."""
    shown = io.StringIO()
    for command in COMMANDS:
        module = importlib.import_module(f"xvat_tf.{command}")
        with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
            module.main(["--help"])
    return set(re.findall(r"^  --(?:\[no\])?(\w+)", shown.getvalue(), re.M))


def flags(text):
    """Flags that a page names; a star or dots stand for the rest of one."""
    found = (match for match in _FLAG.finditer(text))
    open_ended = ("*", "...")
    return {
        match[1].replace("-", "_")
        for match in found
        if not text.startswith(open_ended, match.end())
    }


def commands(text):
    """Module and arguments of each command in a sentence or a table."""
    return [
        (f"xvat_tf.{name}", shlex.split(arguments))
        for name, arguments in _SPAN.findall(text)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_flags_exist(page):
    text = page.read_text()
    assert flags(text) <= our_flags() | FOREIGN
    for module, arguments in commands(text):
        flags_of(module, arguments)


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
    text = "`python -m xvat_tf.train\n--eta=1 --runs='a b'` `audit --runs=*`"
    assert commands(text) == [
        ("xvat_tf.train", ["--eta=1", "--runs=a b"]),
        ("xvat_tf.audit", ["--runs=*"]),
    ]
    with pytest.raises(UserError, match="runs"):
        flags_of(*commands(text)[0])
