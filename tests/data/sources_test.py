import subprocess
import sys

import numpy as np
import pytest

from xvat_tf.data.sources import load_source
from xvat_tf.settings import DataSettings


@pytest.mark.parametrize("dataset", ["moons", "circles"])
def test_plane_points_lie_on_their_plane(dataset):
    source = load_source(DataSettings(dataset=dataset))
    assert source.train_images.shape == (16, 100)
    assert source.test_images.shape == (1000, 100)
    assert source.extra_images is source.test_images
    assert np.bincount(source.train_labels).tolist() == [8, 8]
    assert np.bincount(source.test_labels).tolist() == [500, 500]
    np.testing.assert_allclose(
        source.basis @ source.basis.T, np.eye(2), atol=1e-12
    )
    for points in (source.train_images, source.test_images):
        on_plane = points @ source.basis.T @ source.basis
        np.testing.assert_allclose(points, on_plane, atol=1e-12)


def test_circles_have_two_radii():
    source = load_source(DataSettings(dataset="circles"))
    points = source.test_images @ source.basis.T
    points -= points.mean(axis=0)
    radii = np.linalg.norm(points, axis=1)
    inner, outer = sorted(radii[source.test_labels == k].mean() for k in (0, 1))
    assert outer > 1.5 * inner


def test_digits_are_bytes_of_two_groups_of_writers():
    source = load_source(DataSettings(dataset="digits"))
    assert source.train_images.shape == (1297, 8, 8, 1)
    assert source.test_images.shape == (500, 8, 8, 1)
    assert source.train_images.dtype == np.uint8
    assert source.train_labels.dtype == np.int32
    # 0, 1, 8 and 16 sixteenths of 255.
    levels = np.unique(source.train_images)
    assert len(levels) == 17
    assert levels[[0, 1, 8, 16]].tolist() == [0, 16, 128, 255]
    assert source.train_labels[:5].tolist() == [0, 1, 2, 3, 4]
    assert source.extra_images is None and source.basis is None


def test_small_sets_need_no_tensorflow():
    code = (
        "import sys; from xvat_tf.data import prepare;"
        "from xvat_tf.settings import resolve;"
        "[prepare(resolve({'dataset': d}).data) for d in ('moons', 'digits')];"
        "assert not [m for m in sys.modules if m.startswith('tensorflow')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
