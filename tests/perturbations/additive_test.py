import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from xvat_tf import perturbations
from xvat_tf.perturbations import normalize

WEIGHTS = np.array([[3.0, 0.0], [4.0, 0.0]])


def linear(images):
    """Two logits: 3 x0 + 4 x1, and 0. Every input gradient is along (3, 4)."""
    return tf.matmul(images, tf.constant(WEIGHTS, images.dtype))


def test_r_adv_of_a_linear_model_is_along_its_weights():
    images = tf.constant([[0.1, -0.2], [0.5, 0.3]], tf.float64)
    found = perturbations.adversarial_perturbation(
        linear, images, tf.constant([0, 1]), epsilon=2.0, norm="l2"
    )
    # Label 0 loses when its logit falls, label 1 when the other rises.
    expected = [[-1.2, -1.6], [1.2, 1.6]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("iterations, side", [(1, 1), (2, 1), (1, -1)])
def test_r_vadv_of_a_linear_model_is_along_its_weights(iterations, side):
    images = tf.constant([[0.1, -0.2]], tf.float64)
    found = perturbations.virtual_adversarial_perturbation(
        linear,
        images,
        linear(images),
        side * tf.constant([[1.0, 0.2]], tf.float64),
        xi=1e-3,
        num_power_iterations=iterations,
        epsilon=5.0,
    )
    # KL grows along +-(3, 4); the start picks the sign.
    np.testing.assert_allclose(found, [[3.0 * side, 4.0 * side]], rtol=1e-5)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=12, max_size=12),
    st.lists(st.floats(-3, 3), min_size=4, max_size=4),
)
def test_r_against_the_prediction_does_not_see_a_common_shift(values, shift):
    weights = tf.constant(np.reshape(values, (4, 3)), tf.float64)
    common = tf.constant(np.reshape(shift, (4, 1)), tf.float64)
    images = tf.constant([[0.3, -0.2, 0.1, 0.5]], tf.float64)

    def found(forward):
        return perturbations.perturbation_against_prediction(
            forward, images, forward(images), epsilon=1.0
        )

    np.testing.assert_allclose(
        found(lambda x: tf.matmul(x, weights)),
        found(lambda x: tf.matmul(x, weights + common)),
        atol=1e-6,
    )


def test_r_against_the_prediction_weighs_the_logits_by_it():
    images = tf.constant([[0.0, 0.0]], tf.float64)
    probabilities = tf.constant([[0.6, 0.3, 0.1]], tf.float64)
    weights = tf.constant([[3.0, 0.0, 0.0], [0.0, 0.0, -2.4]], tf.float64)
    found = perturbations.perturbation_against_prediction(
        lambda x: tf.matmul(x, weights) + tf.math.log(probabilities),
        images,
        tf.math.log(probabilities),
        epsilon=1.5,
    )
    # (0.6 - 1/3) (3, 0) + (0.1 - 1/3) (0, -2.4) = (0.80, 0.56).
    np.testing.assert_allclose(found, [[-1.2288479, -0.8601935]], rtol=1e-6)


def test_r_carries_no_gradient():
    images = tf.constant([[0.1, -0.2]])
    with tf.GradientTape() as tape:
        tape.watch(images)
        r = perturbations.adversarial_perturbation(
            linear, images, tf.constant([0]), epsilon=2.0, norm="l2"
        )
    assert tape.gradient(r, images) is None


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-1, 1), min_size=4, max_size=4),
    st.sampled_from([1e-30, 1e-8, 1.0, 1e8]),
)
def test_normalize_gives_norm_one_at_every_scale(values, scale):
    direction = np.array([values], np.float64)
    largest = np.abs(direction * scale).max()
    norm = np.linalg.norm(normalize(tf.constant(direction * scale)))
    # The guard of 1e-12 halves what is itself 1e-12.
    assert norm <= 1 + 1e-12
    if largest > 1e-6:
        assert norm == pytest.approx(1, abs=2e-6)


def test_normalize_of_zero_is_zero():
    np.testing.assert_array_equal(normalize(tf.zeros([2, 3, 3, 1])), 0)
