"""Bars that follow rounding errors; table and verdict of a comparison."""

import math

import numpy as np
import pytest

from xvat_tf.reference.side_by_side import report
from xvat_tf.reference.side_by_side.quantity import Quantity, relative
from xvat_tf.reference.vat_tf.quantities import (
    UNJUDGED,
    by_step,
    compare_quantities,
    moved_by_rounding,
    spread,
    tolerance,
)


def test_spread_is_that_of_the_farthest_run():
    assert spread(relative, 2.0, [2.0, 2.2, 1.9]) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("moved", "bar"),
    [(0.0, 1e-9), (1e-12, 1e-9), (1e-6, 1e-5), (0.02, UNJUDGED)],
)
def test_bar_is_the_floor_or_ten_times_the_spread(moved, bar):
    assert tolerance(moved, floor=1e-9) == pytest.approx(bar)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_move_to_neighbours_and_integers_stay(dtype):
    values = np.array([1.0, -0.3, 1e-30, 1e20] * 100, dtype)
    inputs = {"x": values, "labels": np.arange(3)}
    moved = moved_by_rounding(inputs, np.random.default_rng(0))
    assert moved["x"].dtype == values.dtype
    neighbours = [np.nextafter(values, end) for end in (-np.inf, np.inf)]
    for allowed in (values, *neighbours):
        assert np.any(moved["x"] == allowed)
    assert np.all(np.isin(moved["x"], [values, *neighbours]))
    np.testing.assert_array_equal(moved["labels"], [0, 1, 2])


def test_bars_of_a_path_do_not_shrink():
    ours = by_step([1.0, 1.0, 1.0, 1.0])
    moved = by_step([1.0, 1.0 + 1e-5, 1.0, 1.5])
    rows = compare_quantities(ours, ours, [moved], "float64")
    bars = [row.bar for row in rows]
    assert bars[:3] == pytest.approx([1e-9, 1e-4, 1e-4])
    assert math.isinf(bars[3])


def test_rows_have_the_names_of_the_table():
    values = {
        "loss": np.float64(2.0),
        "gradient/fc_W": np.ones((2, 2)),
        "r_vadv": np.ones((3, 4)),
    }
    rows = compare_quantities(values, values, [values], "float64")
    lines = [(row.group, row.name) for row in rows]
    assert lines == [
        ("r_vadv, norms", "r_vadv, norms"),
        ("r_vadv, cosine", "r_vadv, cosine"),
        ("r_vadv", "r_vadv"),
        ("total loss", "total loss"),
        ("gradients", "fc_W"),
    ]
    assert [row.bar for row in rows] == [1e-6] * 3 + [1e-9, 1e-6]


def _row(name, error, bar, group="g"):
    return Quantity(name, error, bar, theirs=1.0, ours=2.0, group=group)


def test_a_line_shows_the_worst_of_its_group():
    found = [_row("a", 1e-12, 1e-9), _row("b", 5e-8, 1e-6)]
    lines = report.table(found).splitlines()
    assert lines[1].split("  ")[0] == "g (2, worst b)"
    assert lines[1].split()[-4:] == ["5.0e-08", "relative", "1e-06", "yes"]


def test_a_line_has_the_values_of_both_sides():
    one = Quantity("a", 0.1, 0.01, theirs=2.0, ours=2.2, group="g")
    line = report.table([one]).splitlines()[1]
    assert line.split() == [
        "g",
        "2",
        "2.2",
        "1.0e-01",
        "relative",
        "1e-02",
        "NO",
    ]


@pytest.mark.parametrize(
    "error, bar, said",
    [
        (5e-10, 1e-9, "all 2 quantities are inside; closest: b"),
        (
            *(5e-8, 1e-9),
            "1 of 2 quantities are OUTSIDE; the worst: b, error 5.0e-08, bar"
            " 1e-09",
        ),
        (0.5, math.inf, "; 1 not judged: one rounding error"),
        (math.nan, math.inf, "1 of 2 quantities are OUTSIDE"),
    ],
)
def test_verdict(error, bar, said):
    found = [_row("a", 1e-12, 1e-9), _row("b", error, bar)]
    assert said in report.verdict(found)


def test_a_bar_of_zero_asks_for_equality():
    equal, near = _row("a", 0.0, 0.0), _row("b", 5e-10, 1e-9)
    assert report.verdict([equal, near]).endswith("inside; closest: b")
    other = _row("c", 1e-300, 0.0)
    assert "the worst: c" in report.verdict([equal, near, other])
