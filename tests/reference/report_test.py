"""Table and verdict of a comparison."""

import math

from xvat_tf.reference.side_by_side import report
from xvat_tf.reference.side_by_side.quantity import Quantity


def _row(name, error, bar, group="g"):
    return Quantity(name, error, bar, theirs=1.0, ours=2.0, group=group)


def test_a_line_shows_the_worst_of_its_group():
    found = [_row("a", 1e-12, 1e-9), _row("b", 5e-8, 1e-6)]
    lines = report.table(found).splitlines()
    assert lines[1].split("  ")[0] == "g (2, worst b)"
    assert lines[1].split()[-4:] == ["5.0e-08", "relative", "1e-06", "yes"]


def test_a_line_has_the_values_of_both_sides():
    one = Quantity("a", 0.1, 0.01, theirs=2.0, ours=2.2, group="g")
    head, line = report.table([one]).splitlines()
    assert head.split() == [
        "quantity",
        "theirs",
        "ours",
        "error",
        "measure",
        "bar",
        "inside",
    ]
    assert line.split() == [
        "g",
        "2",
        "2.2",
        "1.0e-01",
        "relative",
        "1e-02",
        "NO",
    ]


def test_all_inside():
    found = [_row("a", 1e-12, 1e-9), _row("b", 5e-10, 1e-9)]
    assert report.verdict(found) == "all 2 quantities are inside; closest: b"


def test_one_outside():
    found = [_row("a", 1e-12, 1e-9), _row("b", 5e-8, 1e-9)]
    assert report.verdict(found) == (
        "1 of 2 quantities are OUTSIDE; the worst: b, error 5.0e-08, bar 1e-09"
    )


def test_what_is_not_judged_is_counted():
    found = [_row("a", 1e-12, 1e-9), _row("b", 0.5, math.inf)]
    assert "; 1 not judged: one rounding error" in report.verdict(found)


def test_not_a_number_is_outside_even_where_nothing_is_judged():
    found = [_row("a", 1e-12, 1e-9), _row("b", math.nan, math.inf)]
    assert report.verdict(found).startswith("1 of 2 quantities are OUTSIDE")


def test_a_bar_of_zero_asks_for_equality():
    equal, near = _row("a", 0.0, 0.0), _row("b", 5e-10, 1e-9)
    assert report.verdict([equal, near]).endswith("inside; closest: b")
    other = _row("c", 1e-300, 0.0)
    assert "the worst: c" in report.verdict([equal, near, other])
