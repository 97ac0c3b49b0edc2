"""The numbers behind the figures, by hand."""

import numpy as np
import pytest

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.boundaries import Plane, to_plane
from xvat_tf.analysis.figures.curves import band, final
from xvat_tf.analysis.figures.surface import surface
from xvat_tf.analysis.figures.weight_histograms import (
    Weighted,
    density,
    finding,
    near_zero,
)
from xvat_tf.data import load_source
from xvat_tf.settings import DataSettings


def test_near_zero_counts_magnitudes_below_the_threshold():
    weights = np.array([[-0.02, -0.01, -0.009], [0.0, 0.005, 3.0]])
    assert near_zero(weights, 0.01) == 3 / 6
    assert near_zero(weights, 10.0) == 1.0


def test_density_counts_the_weights_outside_too():
    weights = np.array([[0.1, 0.2], [0.7, 9.0]])
    found = density(weights, np.array([0.0, 0.5, 1.0]))
    # 2 of 4 and 1 of 4 weights, per width 1/2.
    np.testing.assert_allclose(found, [1.0, 0.5])


def test_finding_names_who_has_the_fewest_weights_near_zero():
    line = style.Line("black", "-", "o")
    sparse = {"first": np.array([0.0, 1.0]), "last": np.array([2.0, 0.0])}
    mixed = {"first": np.array([1.0, 1.0]), "last": np.array([0.0, 1.0])}
    dense = {"first": np.array([1.0, 1.0]), "last": np.array([2.0, 1.0])}

    def found(*kernels):
        return finding(
            [Weighted(n, line, k) for n, k in zip("AB", kernels, strict=True)],
            0.01,
        )

    assert found(sparse, dense).startswith("B has the fewest weights near 0")
    # A tie in one layer: nobody is ahead in both.
    assert found(mixed, dense).startswith("nobody has")
    alone = finding([Weighted("A", line, sparse)], 0.01)
    assert alone == "weights of A"


def test_band_is_mean_and_sample_deviation_over_common_epochs():
    found = band([{1: 1.0, 2: 2.0, 4: 0.0}, {2: 4.0, 1: 3.0}, {1: 5.0, 2: 6.0}])
    np.testing.assert_array_equal(found.epochs, [1, 2])
    np.testing.assert_allclose(found.mean, [3.0, 4.0])
    np.testing.assert_allclose(found.deviation, [2.0, 2.0])
    alone = band([{1: 1.0}])
    assert alone.deviation is None and alone.mean.tolist() == [1.0]


def test_final_is_of_the_last_evaluation():
    def lines(*accuracies):
        return [{"test": {"accuracy/top1": value}} for value in accuracies]

    mean, deviation = final([lines(0.1, 0.5), lines(0.9, 0.7)])
    assert mean == pytest.approx(60)
    assert deviation == pytest.approx(np.sqrt(200))
    assert final([lines(0.25)]) == (25.0, None)


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
    plane = Plane.around(np.array([[0.0, 10.0], [4.0, 20.0]]), basis)
    assert (plane.x[0], plane.x[-1]) == (-1, 5)
    assert (plane.y[0], plane.y[-1]) == (7.5, 22.5)
    size = len(plane.x)
    assert plane.inputs.shape == (size * size, 3)
    np.testing.assert_allclose(plane.inputs[:size, 1], plane.x, rtol=1e-6)
    np.testing.assert_allclose(plane.inputs[::size, 2], plane.y, rtol=1e-6)
    assert not plane.inputs[:, 0].any()


def test_surface_averages_seeds_and_leaves_holes():
    found = surface([(1, 2, 0.5), (1, 2, 0.7), (3, 1, 0.9), (3, 2, 0.1)])
    assert (found.lambdas, found.etas) == ([1, 3], [1, 2])
    np.testing.assert_allclose(found.accuracy, [[np.nan, 0.6], [0.9, 0.1]])
    assert found.seeds.tolist() == [[0, 2], [1, 1]]
