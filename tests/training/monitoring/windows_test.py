"""Means over the points of a curve."""

import math

import pytest

from xvat_tf.records.forms import Progress
from xvat_tf.training.monitoring.monitor import Windows


@pytest.mark.parametrize(
    "values, mean", [((1.0, 4.0), 3.0), ((1.0, math.nan), math.nan)]
)
def test_a_mean_weighs_windows_by_their_steps(values, mean):
    """Of 3 and 6 steps, as a checkpoint holds them."""
    points = [(3 * i, 0.5, {"loss": v}) for i, v in enumerate(values, 1)]
    saved = Progress(windows=tuple(points)).to_json()
    found = Windows(Progress.from_json(saved)).means()
    assert found == {"loss": pytest.approx(mean, nan_ok=True)}
