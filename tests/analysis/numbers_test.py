"""The numbers behind the figures, by hand."""

import numpy as np
import pytest

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.boundaries import grid_around, to_plane
from xvat_tf.analysis.figures.curves import PANELS, Curve, band, draw_panel
from xvat_tf.analysis.figures.reach import additive, multiplicative
from xvat_tf.analysis.figures.surface import surface
from xvat_tf.analysis.figures.weight_histograms import density
from xvat_tf.data import load_source
from xvat_tf.settings import DataSettings


def test_density_counts_the_weights_outside_too():
    weights = np.array([[0.1, 0.2], [0.7, 9.0]])
    found = density(weights, np.array([0.0, 0.5, 1.0]))
    # 2 of 4 and 1 of 4 weights, per width 1/2.
    np.testing.assert_allclose(found, [1.0, 0.5])


def test_band_is_mean_and_sample_deviation_over_common_epochs():
    found = band([{1: 1.0, 2: 2.0, 4: 0.0}, {2: 4.0, 1: 3.0}, {1: 5.0, 2: 6.0}])
    np.testing.assert_allclose(found, ([1, 2], [3.0, 4.0], [2.0, 2.0]))
    _, mean, deviation = band([{1: 1.0}])
    assert deviation is None and mean.tolist() == [1.0]


def test_final_is_of_the_last_evaluation():
    def final(*metrics):
        lines = [
            [{"test": {"accuracy/top1": x}} for x in one] for one in metrics
        ]
        return Curve("", style.Line("black", "-", "o"), lines).final

    mean, deviation = final((0.1, 0.5), (0.9, 0.7))
    assert mean == pytest.approx(60)
    assert deviation == pytest.approx(np.sqrt(200))
    assert final((0.25,)) == (25.0, None)


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_curves_are_over_whole_epochs(epochs):
    lines = [
        {"epoch": n + 1, "test": {"accuracy/top1": 0.5}} for n in range(epochs)
    ]
    panel = style.new_figure((3, 2)).subplots()
    curve = Curve("", style.Line("black", "-", "o"), [lines])
    draw_panel(panel, [curve], PANELS[0], "test")
    ticks = panel.get_xticks()
    assert set(ticks) & set(range(1, epochs + 1))
    np.testing.assert_array_equal(ticks, np.rint(ticks))


@pytest.mark.parametrize("dataset", ["moons", "circles"])
def test_plane_of_the_official_points_is_recovered(dataset):
    source = load_source(DataSettings(dataset=dataset))
    found = to_plane(source.train_images, source.basis)
    np.testing.assert_allclose(found @ source.basis, source.train_images)
    # Two dimensions are all that the points have.
    variances = np.linalg.svd(source.train_images, compute_uv=False)
    assert variances[2] < 1e-9 * variances[0]


def test_a_point_beside_the_plane_is_projected():
    basis = np.array([[1.0, 0, 0], [0, 0, 1]])
    found = to_plane(np.array([[2.0, 7.0, 3.0]]), basis)
    assert found.tolist() == [[2.0, 3.0]]


def test_grid_covers_points_and_margin_row_by_row():
    basis = np.array([[0.0, 1, 0], [0, 0, 1]])
    x, y, inputs = grid_around(np.array([[0.0, 10.0], [4.0, 20.0]]), basis)
    assert (x[0], x[-1], y[0], y[-1]) == (-1, 5, 7.5, 22.5)
    size = len(x)
    assert inputs.shape == (size * size, 3)
    np.testing.assert_allclose(inputs[:size, 1], x, rtol=1e-6)
    np.testing.assert_allclose(inputs[::size, 2], y, rtol=1e-6)
    assert not inputs[:, 0].any()


def test_surface_averages_seeds_and_leaves_holes():
    found = surface([(1, 2, 0.5), (1, 2, 0.7), (3, 1, 0.9), (3, 2, 0.1)])
    lambdas, etas, accuracy, seeds = found
    assert (lambdas, etas) == ([1, 3], [1, 2])
    np.testing.assert_allclose(accuracy, [[np.nan, 0.6], [0.9, 0.1]])
    assert seeds.tolist() == [[0, 2], [1, 1]]


POINT = np.array([1.5, 0.5])


def test_r_of_one_length_stays_on_the_ring_and_goes_all_round():
    moved = additive(POINT, 0.25, 200) - POINT
    np.testing.assert_allclose(np.hypot(*moved.T), 0.25, rtol=1e-12)
    quadrants = {(x > 0, y > 0) for x, y in moved}
    assert len(quadrants) == 4


def test_masks_reach_the_whole_rectangle_and_nothing_else():
    moved = multiplicative(POINT, 2.0, 500)
    assert np.all(moved >= 0) and np.all(moved <= 2 * POINT)
    # Hard concrete: both ends of every side have points of their own.
    for column, side in zip(moved.T, 2 * POINT, strict=True):
        assert np.mean(column == 0) > 0.1 and np.mean(column == side) > 0.1
    brighter = np.all(moved > POINT, axis=1)
    assert brighter.any() and not np.all(moved > POINT)
    assert np.all(multiplicative(POINT, 1.0, 500) <= POINT)
