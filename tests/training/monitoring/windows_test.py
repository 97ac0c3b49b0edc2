"""Means over the points of a curve."""

import math

import pytest

from xvat_tf.records.forms import Progress
from xvat_tf.training.monitoring.monitor import Windows


def continued(*values):
    """Windows of 3, 6, ... steps, as a checkpoint holds them."""
    points = tuple(
        (3 * i, 0.5, {"loss": value}) for i, value in enumerate(values, 1)
    )
    saved = Progress(windows=points).to_json()
    return Windows(Progress.from_json(saved))


def test_a_mean_weighs_windows_by_their_steps():
    assert continued(1.0, 4.0).means() == {"loss": pytest.approx(3.0)}


def test_a_window_that_was_nan_makes_the_mean_nan():
    assert math.isnan(continued(1.0, math.nan).means()["loss"])
