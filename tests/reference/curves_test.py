"""Both loss curves of a comparison in TensorBoard and as a picture."""

import math

import matplotlib.image
import pytest
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
from tensorboard.util import tensor_util

from xvat_tf.records.tags import TOTAL
from xvat_tf.reference.side_by_side import report


def test_one_tag_and_one_step_axis(tmp_path):
    sides = {"official": [3.0, 2.5], "ours": [3.0, 2.25]}
    report.write_scalars(tmp_path, *sides.values())
    for name, losses in sides.items():
        events = EventAccumulator(str(tmp_path / name)).Reload().Tensors(TOTAL)
        found = {
            event.step: float(tensor_util.make_ndarray(event.tensor_proto))
            for event in events
        }
        assert found == pytest.approx({1: losses[0], 2: losses[1]})


def test_plot_without_bars_at_the_end(tmp_path):
    path = tmp_path / "losses.png"
    report.write_plot(path, [3.0, 2.0], [3.0, 2.1], [1e-9, math.inf])
    assert matplotlib.image.imread(path).std() > 0
