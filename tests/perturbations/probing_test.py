"""The probing step of VAT: its length, and what it finds, by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.perturbations import probing
from xvat_tf.perturbations.spacing import coarsest_spacing


def test_length_is_the_root_of_the_spacing_times_the_norm():
    images = tf.constant([[3.0, 4.0], [0.0, 0.0], [30.0, -40.0]], tf.float64)
    found = probing.probing_length(images, 2.0**-10)
    # Norms 5, 0, 50; zeros take the root of the mean of 25, 0, 2500.
    expected = np.array([[5.0], [np.sqrt(2525 / 3)], [50.0]]) / 32
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("value, norm", [(0.0, 1.0), (2e30, 4e30)])
def test_length_of_nothing_and_of_what_cannot_be_squared(value, norm):
    found = probing.probing_length(tf.fill([3, 2, 2], value), 2.0**-22)
    np.testing.assert_allclose(found, np.full([3, 1, 1], norm / 2048))


def test_steepest_logits_are_the_gradient_of_the_kl_divergence():
    clean = tf.math.log(tf.constant([[0.5, 0.25, 0.25]], tf.float64))
    change = tf.constant([[0.4, -0.8, 0.0]], tf.float64)
    found = probing.steepest_logits(clean, clean + 1e-9 * change)
    # <p, c> is 0.2 - 0.2 = 0, so p * c is (0.2, -0.2, 0).
    np.testing.assert_allclose(found, [[1.0, -1.0, 0.0]], atol=1e-6)


def test_a_change_below_the_rounding_of_p_still_has_a_gradient():
    clean = tf.constant([[1e-6, 0.0]])
    probed = tf.constant([[1.001e-6, 0.0]])
    p, q = tf.nn.softmax(clean), tf.nn.softmax(probed)
    np.testing.assert_array_equal(p, q)
    found = probing.steepest_logits(clean, probed)
    np.testing.assert_allclose(found, [[1.0, -1.0]], rtol=1e-5)


def r_of(forward, images, noise, **options):
    given = {"xi": None, "num_power_iterations": 1, "epsilon": 5.0} | options
    return perturbations.virtual_adversarial_perturbation(
        forward, images, forward(images), noise, **given
    ).numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("iterations", [1, 2])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 255.0, 1e6])
def test_r_of_a_linear_model_at_every_scale(scale, iterations, dtype):
    """Logits 3 x0 + 4 x1 and 0 of the unscaled image: r is along (3, 4)."""
    weights = tf.constant([[3.0, 0.0], [4.0, 0.0]], dtype) / scale
    images = scale * tf.constant([[0.1, -0.2], [0.7, 0.9]], dtype)
    noise = tf.constant([[1.0, 0.2], [-1.0, 0.3]], dtype)
    found = r_of(
        lambda x: tf.matmul(x, weights),
        images,
        noise,
        num_power_iterations=iterations,
        epsilon=5 * scale,
    )
    np.testing.assert_allclose(
        found / scale, [[3.0, 4.0], [-3.0, -4.0]], rtol=1e-5
    )


def test_where_there_is_no_gradient_r_is_along_the_start():
    """Dead below 0, and a prediction that is certain beyond float32."""

    def forward(x):
        return 300 * tf.nn.relu(tf.concat([x[:, :1], 0 * x[:, :1]], axis=-1))

    images = tf.constant([[-9.0, 0.0], [9.0, 0.0], [0.01, 0.0]])
    noise = tf.constant([[0.6, 0.8], [0.8, -0.6], [0.6, 0.8]])
    found = r_of(forward, images, noise)
    expected = [[3.0, 4.0], [4.0, -3.0], [5.0, 0.0]]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    # As in vat_tf, an example without a gradient has no r at a given xi.
    official = r_of(forward, images, noise, xi=1e-6)
    np.testing.assert_array_equal(official[:2], 0)


def test_the_coarsest_layer_decides():
    layers = keras.layers
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    assert coarsest_spacing(model) == 2**-23
    for dtype, unit in (
        ("mixed_bfloat16", 2**-7),
        ("mixed_float16", 2**-10),
        ("float64", 2**-23),
    ):
        inner = keras.Sequential([layers.Dense(2, dtype=dtype)])
        model = keras.Sequential([keras.Input((2,)), inner, layers.Dense(2)])
        assert coarsest_spacing(model) == unit


def test_products_of_a_gpu_that_rounds_them_are_coarser(monkeypatch):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [gpu])
    try:
        for enabled, unit in ((True, 2**-10), (False, 2**-23)):
            tf.config.experimental.enable_tensor_float_32_execution(enabled)
            assert coarsest_spacing(model) == unit
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(True)
