import numpy as np

from xvat_tf.data.zca import fit_zca, flatten, unflatten


def test_two_pixels_by_hand():
    # Variances 4 and 1/4, no covariance: scales 1/2 + reg and 2 + reg.
    flat = np.array([[3.0, 1.5], [3, 2.5], [-1, 1.5], [-1, 2.5]])
    zca = fit_zca(flat, reg=0.25)
    np.testing.assert_allclose(zca.mean, [1, 2])
    np.testing.assert_allclose(zca.components, [[0.75, 0], [0, 2.25]])
    np.testing.assert_allclose(
        zca.inverse_components, [[1 / 0.75, 0], [0, 1 / 2.25]]
    )


def test_pieces_change_nothing(monkeypatch):
    flat = np.random.RandomState(0).standard_normal((50, 6))
    whole = fit_zca(flat)
    monkeypatch.setattr("xvat_tf.data.zca._CHUNK", 7)
    np.testing.assert_allclose(fit_zca(flat).components, whole.components)


def test_constant_pixels_stay_finite():
    flat = np.random.RandomState(0).standard_normal((50, 6))
    flat[:, 2] = 0.5
    zca = fit_zca(flat)
    assert np.all(np.isfinite(zca.components))
    assert np.all(np.isfinite(fit_zca(np.zeros((5, 3))).components))


def test_flatten_puts_channels_first():
    images = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    rows = flatten(images)
    order = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
    expected = (np.float32([order]) - 127.5) / 255
    np.testing.assert_allclose(rows, expected, rtol=1e-6)
    np.testing.assert_array_equal(
        unflatten(np.array([order]), (2, 2, 3)), images
    )
