import numpy as np
import pytest

from xvat_tf.data.scaling import (
    FloatScaler,
    RangeScaler,
    ZcaScaler,
    make_scaler,
)
from xvat_tf.data.zca import fit_zca, flatten
from xvat_tf.settings import DataSettings


@pytest.mark.parametrize(
    ("pixel_range", "expected"),
    [("centered", [-0.5, -0.1, 0.5]), ("unit", [0.0, 0.4, 1.0])],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bytes_by_hand(pixel_range, expected, dtype):
    images = np.uint8([0, 102, 255]).reshape(3, 1, 1, 1)
    data = DataSettings(dataset="svhn", pixel_range=pixel_range)
    scaler = make_scaler(data, images, dtype)
    scaled = scaler(images)
    assert scaled.dtype == dtype
    np.testing.assert_allclose(scaled.ravel(), expected, atol=1e-7)
    shown = scaler.inverse(scaled).ravel()
    np.testing.assert_allclose(shown, [0, 0.4, 1], atol=1e-6)


def test_display_is_cut_to_the_unit_interval():
    shown = RangeScaler(-0.5).inverse(np.array([-3.0, 0.25, 3.0]))
    np.testing.assert_allclose(shown, [0, 0.75, 1])


def test_floats_pass_and_are_stretched_for_display():
    images = np.array([[-2.0, 0.0], [1.0, 2.0]])
    scaler = make_scaler(DataSettings(dataset="moons"), images)
    assert scaler == FloatScaler(-2.0, 2.0)
    assert scaler(images).dtype == np.float32
    np.testing.assert_array_equal(scaler(images), images)
    np.testing.assert_allclose(scaler.inverse(images), [[0, 0.5], [0.75, 1]])
    assert np.all(np.isfinite(FloatScaler(1.0, 1.0).inverse(images)))


def test_whitening_decorrelates_and_can_be_undone(monkeypatch):
    monkeypatch.setattr("xvat_tf.data.scaling._CHUNK", 64)
    images = np.random.RandomState(0).randint(0, 256, (500, 2, 2, 3), np.uint8)
    images[..., 1] = images[..., 0] // 2 + images[..., 1] // 3
    scaler = ZcaScaler(fit_zca(flatten(images)), "float64")
    white = scaler(images)
    rows = white.reshape(500, -1)
    # 1e-6 outside the root is all that keeps this from the identity.
    np.testing.assert_allclose(rows.T @ rows / 500, np.eye(12), atol=1e-5)
    np.testing.assert_allclose(scaler.inverse(white), images / 255, atol=1e-6)
    single = ZcaScaler(scaler.zca)(images)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, white, atol=1e-4)


def test_settings_select_whitening(tmp_path):
    images = np.random.RandomState(0).randint(0, 256, (40, 2, 2, 3), np.uint8)
    data = DataSettings(zca=True, data_dir=str(tmp_path))
    assert isinstance(make_scaler(data, images), ZcaScaler)
