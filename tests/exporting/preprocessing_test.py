"""The code of a card does to pixels what the run did."""

import types

import numpy as np
import pytest

from xvat_tf.data.scaling import FloatScaler, RangeScaler, ZcaScaler
from xvat_tf.data.zca import fit_zca, flatten
from xvat_tf.exporting import preprocessing
from xvat_tf.settings import DataSettings


def prepare(scaler, images, folder, monkeypatch, basis=None):
    """Runs the code in a folder that holds its file; its result."""
    shape = (100,) if basis is not None else images.shape[1:]
    data = types.SimpleNamespace(scaler=scaler, basis=basis, image_shape=shape)
    found = preprocessing.describe(DataSettings(dataset="mnist"), data)
    arrays = preprocessing.arrays(data)
    np.savez(folder / "preprocessing.npz", **arrays)
    monkeypatch.chdir(folder)
    names = {"np": np}
    exec(found.code(), names)
    return found.text(), arrays, names["prepare"](images)


@pytest.fixture
def pixels():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (40, 4, 3, 3), dtype=np.uint8)


@pytest.mark.parametrize("offset", [0.0, -0.5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ranges_bit_for_bit(pixels, offset, dtype, tmp_path, monkeypatch):
    scaler = RangeScaler(offset, dtype)
    _, arrays, inputs = prepare(scaler, pixels, tmp_path, monkeypatch)
    assert inputs.dtype == dtype and not arrays
    np.testing.assert_array_equal(inputs, scaler(pixels))


def test_whitening_bit_for_bit(pixels, tmp_path, monkeypatch):
    scaler = ZcaScaler(fit_zca(flatten(pixels)))
    _, arrays, inputs = prepare(scaler, pixels, tmp_path, monkeypatch)
    assert set(arrays) == {"mean", "components"}
    assert inputs.dtype == np.float32 and inputs.shape == pixels.shape
    np.testing.assert_array_equal(inputs, scaler(pixels))


def test_floats_stay(tmp_path, monkeypatch):
    images = np.random.default_rng(1).normal(size=(5, 7))
    scaler = FloatScaler(-1.0, 1.0)
    text, _, inputs = prepare(scaler, images, tmp_path, monkeypatch)
    assert text.endswith("values were in [-1, 1].")
    np.testing.assert_array_equal(inputs, scaler(images))


def test_points_of_the_plane(tmp_path, monkeypatch):
    rng = np.random.default_rng(2)
    basis, points = rng.normal(size=(2, 100)), rng.normal(size=(5, 2))
    scaler = FloatScaler(-1.0, 1.0)
    _, _, inputs = prepare(scaler, points, tmp_path, monkeypatch, basis)
    np.testing.assert_array_equal(inputs, scaler(points @ basis))


def test_digits_say_how_their_levels_become_pixels():
    scaler = RangeScaler(0.0)
    data = types.SimpleNamespace(
        scaler=scaler, basis=None, image_shape=(8, 8, 1)
    )
    found = preprocessing.describe(DataSettings(dataset="digits"), data)
    assert "rint(v * 255 / 16)" in found.text()
