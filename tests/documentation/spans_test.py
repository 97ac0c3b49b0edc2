"""Commands inside of sentences and tables: their flags are read."""

import re
import shlex

import pytest

from tests.documentation.blocks import PAGES
from tests.documentation.commands import flags_of
from tests.documentation.flag_names import COMMANDS
from xvat_tf.errors import UserError

_SPAN = re.compile(
    rf"`(?:python -m xvat_tf\.)?({'|'.join(COMMANDS)})\s+(--[^`]+)`"
)


def commands(text):
    """Module and arguments of each, also over the end of a line."""
    return [
        (f"xvat_tf.{name}", shlex.split(arguments))
        for name, arguments in _SPAN.findall(text)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_their_flags_exist(page):
    for module, arguments in commands(page.read_text()):
        flags_of(module, arguments)


def test_they_are_seen():
    text = "`python -m xvat_tf.train\n--eta=1 --runs='a b'` `audit --runs=*`"
    assert commands(text) == [
        ("xvat_tf.train", ["--eta=1", "--runs=a b"]),
        ("xvat_tf.audit", ["--runs=*"]),
    ]
    with pytest.raises(UserError, match="runs"):
        flags_of(*commands(text)[0])
