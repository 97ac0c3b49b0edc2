"""What an option says of its values holds for every way to give one."""

import dataclasses
import math
import os

import numpy as np
import pytest

from xvat_tf.errors import UserError
from xvat_tf.option import Option, option, options
from xvat_tf.settings.groups import options_by_name


@pytest.mark.parametrize(
    ("bounds", "right", "wrong", "words"),
    [
        ({"above": 0}, 1e-9, 0.0, "above 0"),
        ({"at_least": 0}, 0.0, -1e-9, "at least 0"),
        ({"below": 0}, -0.1, 0.0, "below 0"),
        ({"at_most": 1}, 1.0, 1.1, "at most 1"),
        ({"at_least": 0, "below": 1}, 0.0, 1.0, "at least 0, below 1"),
        ({}, -5.0, math.nan, "finite"),
        ({}, -2e-38, 1e-46, "beyond what a run computes with"),
    ],
)
def test_bounds_name_flag_value_and_remedy(bounds, right, wrong, words):
    made = Option(float, 0.5, "", **bounds)
    made.check("rate", right)
    with pytest.raises(UserError) as raised:
        made.check("rate", wrong)
    assert str(raised.value).startswith(f"--rate={wrong} ")
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (int, 3, (3.0, "3", True, [3], 2**63)),
        (int, np.int64(3), (np.float32(3),)),
        (float, 3, ("3", False, (3.0,), None.__class__)),
        (float, np.float32(0.5), (np.bool_(True),)),
        (bool, True, (1, "on", 0.0)),
        (str, "a", (b"a", 1, ["a"])),
        (tuple, (3, 4), (3, "34", (3.5, 4), ("3",))),
        (list, ["a"], ("a", [1])),
    ],
)
def test_a_value_of_another_type_is_refused(kind, right, wrong):
    made = Option(kind, None, "")
    made.check("name", right)
    for value in wrong:
        with pytest.raises(UserError, match="^--name="):
            made.check("name", value)


def test_bounds_hold_for_each_of_several():
    made = Option(tuple, (), "", above=0)
    made.check("sizes", (3, 4))
    with pytest.raises(UserError, match=r"--sizes=3,0 must be above 0"):
        made.check("sizes", (3, 0))


def test_choices_are_of_each_part_of_a_list():
    made = Option(list, (), "", choices=("a", "b"))
    made.check("parts", ["b", "a"])
    made.check("parts", None)
    with pytest.raises(UserError, match="--parts=c is not .* choose from a, b"):
        made.check("parts", ["a", "c"])


def test_a_declaration_is_a_field_and_a_flag():
    @dataclasses.dataclass(frozen=True)
    class Group:
        depth: int = option(3, "Layers.", at_least=1)

    assert Group().depth == 3
    assert options(Group) == {"depth": Option(int, 3, "Layers.", at_least=1)}


@pytest.mark.parametrize("name", options_by_name())
def test_every_setting_takes_its_own_default(name):
    found = options_by_name()[name]
    found.check(name, found.default)
    assert found.default is None or isinstance(found.default, found.kind)


@pytest.mark.parametrize("text", [b"run-\xff", b"\xed\xa0\x80", b"a\0b"])
def test_texts_are_unicode(text):
    made = Option(str, "", "", path=True)
    made.check("log_dir", "größe ☃ \U0001f600")
    with pytest.raises(UserError, match="--log_dir=.* is not UTF-8"):
        made.check("log_dir", os.fsdecode(text))
