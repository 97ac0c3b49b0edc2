"""FGSM and PGD on models whose worst case is known in closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.perturbations import attacks
from xvat_tf.perturbations.attacks import Ball, fast_gradient

WEIGHTS = np.array([[3.0, 0.0], [-4.0, 0.0]])
IMAGES = np.array([[0.1, -0.2], [0.5, 0.3]])
LABELS = np.array([0, 1], np.int32)
# The gap z_label - z_other falls along -w for label 0, along w for label 1.
SIGNS = np.array([[-1.0], [1.0]])


def linear(images):
    """Two logits: 3 x0 - 4 x1, and 0."""
    return tf.matmul(images, tf.constant(WEIGHTS, images.dtype))


def gaps(points):
    """Logit of the label minus the other one."""
    logits = np.asarray(points) @ WEIGHTS
    return -SIGNS[:, 0] * (logits[:, 0] - logits[:, 1])


def pgd(forward, images, labels, ball, steps=20, bounds=None, seed=0):
    noise = np.random.default_rng(seed).random(images.shape)
    return attacks.projected_gradient(
        forward,
        tf.constant(images),
        tf.constant(labels),
        tf.constant(noise, images.dtype),
        ball=ball,
        steps=steps,
        bounds=bounds,
    ).numpy()


def fgsm(forward, images, labels, ball, bounds=None):
    images, labels = tf.constant(images), tf.constant(labels)
    found = fast_gradient(forward, images, labels, ball=ball, bounds=bounds)
    return found.numpy()


ATTACKS = {"fgsm": fgsm, "pgd": pgd}


# The dual norms of w = (3, -4): L1 is 7, L2 is 5.
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    ("norm", "fall", "w"),
    [("linf", 7.0, [1.0, -1.0]), ("l2", 5.0, [0.6, -0.8])],
)
def test_a_linear_gap_falls_by_epsilon_times_the_dual_norm(
    attack, norm, fall, w
):
    epsilon = 0.25
    found = ATTACKS[attack](linear, IMAGES, LABELS, Ball(norm, epsilon))
    # In L2 every step of pgd turns r a little more towards w.
    turning = attack == "pgd" and norm == "l2"
    expected = gaps(IMAGES) - epsilon * fall
    np.testing.assert_allclose(
        gaps(found), expected, rtol=1e-7 if turning else 1e-12
    )
    expected = IMAGES + epsilon * SIGNS * w
    atol = 1e-4 if turning else 1e-12
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("attack", ATTACKS)
def test_pixels_stay_within_their_range(attack):
    """x0 would be -0.3 and 0.9, x1 0.2 and -0.1."""
    ball = Ball("linf", 0.4)
    found = ATTACKS[attack](linear, IMAGES, LABELS, ball, bounds=(-0.15, 0.6))
    np.testing.assert_allclose(found, [[-0.15, 0.2], [0.6, -0.1]], atol=1e-12)


def test_pgd_slides_along_a_bound_where_fgsm_stops():
    """z0 - z1 = 4 x0 + 0.1 x1, at (0.3, 1), x0 not below 0.

    FGSM goes 1 along -(4, 0.1) and is cut at x0 = 0. The ball has more left
    for x1, up to sqrt(1 - 0.3^2) = 0.954, and PGD takes most of it.
    """
    weights = tf.constant([[4.0, 0.0], [0.1, 0.0]], tf.float64)
    images, labels = np.array([[0.3, 1.0]]), np.array([0], np.int32)
    case = lambda x: x @ weights, images, labels, Ball("l2", 1.0)
    found = fgsm(*case, bounds=(0.0, 2.0))
    fallen = 0.1 / np.sqrt(4**2 + 0.1**2)
    np.testing.assert_allclose(found, [[0.0, 1 - fallen]], atol=1e-12)
    found = pgd(*case, steps=100, bounds=(0.0, 2.0))
    assert found[0, 0] == 0.0
    assert 1 - np.sqrt(1 - 0.3**2) <= found[0, 1] < 0.2


def test_pgd_finds_a_peak_that_fgsm_jumps_over():
    """The label is least likely at x = 0.15, up the slope from 0."""

    def forward(images):
        x = images[:, 0]
        peak = tf.exp(-20 * tf.square(x - 0.15))
        return tf.stack([-peak, tf.zeros_like(x)], axis=1)

    images, labels = np.zeros((1, 1)), np.array([0], np.int32)
    ball = Ball("linf", 1.0)
    assert fgsm(forward, images, labels, ball)[0, 0] == 1.0
    found = pgd(forward, images, labels, ball, steps=50)
    assert found[0, 0] == pytest.approx(0.15, abs=0.02)


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_start_and_projection_stay_in_the_ball(norm):
    rng = np.random.default_rng(1)
    order = 2 if norm == "l2" else np.inf
    ball = Ball(norm, 0.7)
    start = ball.start(tf.constant(rng.random((50, 4, 3, 2)))).numpy()
    lengths = np.linalg.norm(start.reshape(50, -1), order, axis=1)
    assert lengths.min() > 0 and lengths.max() <= 0.7
    far = tf.constant(rng.normal(size=(50, 24)))
    projected = ball.project(far).numpy()
    np.testing.assert_allclose(
        np.linalg.norm(projected, order, axis=1), 0.7, rtol=1e-12
    )
    inside = tf.constant(projected * 0.5)
    np.testing.assert_array_equal(ball.project(inside), inside)
    zero = tf.zeros((2, 3))
    np.testing.assert_array_equal(ball.project(zero), zero)
    np.testing.assert_array_equal(ball.furthest(zero), zero)


def test_the_furthest_point_of_a_tiny_direction_is_on_the_sphere():
    """Squares of 1e-30 are 0 in float32."""
    direction = tf.constant([[3e-30, 4e-30]])
    found = Ball("l2", 2.0).furthest(direction)
    np.testing.assert_allclose(found, [[1.2, 1.6]], rtol=1e-6)


def test_cross_entropy_is_softplus_of_the_deficit():
    logits = tf.constant(np.random.default_rng(2).normal(size=(6, 4)) * 3)
    labels = tf.constant([0, 1, 2, 3, 0, 1])
    deficit = attacks.label_deficit(labels, logits)
    expected = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    np.testing.assert_allclose(tf.nn.softplus(deficit), expected, rtol=1e-12)
    likely = tf.gather(tf.nn.softmax(logits), labels, batch_dims=1)
    np.testing.assert_array_equal(deficit > 0, likely < 0.5)


def test_a_confident_classifier_does_not_hide_its_gradient():
    """At a gap of 300 nats the cross entropy is exactly 0 in float32."""
    weights = tf.constant([[1000.0, 0.0], [0.0, 0.0]])
    images = np.array([[0.3, 0.0]], np.float32)
    labels = np.array([0], np.int32)
    ball = Ball("linf", 0.4)
    for attack in ATTACKS.values():
        found = attack(lambda x: x @ weights, images, labels, ball)
        assert found[0, 0] == pytest.approx(-0.1, abs=1e-6)


def _curved():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Dense(3),
        ]
    )


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_against_the_adversarial_robustness_toolbox(norm, leave_to_full):
    """An independent implementation of the same attacks."""
    leave_to_full(True)
    evasion = pytest.importorskip("art.attacks.evasion")
    from art.estimators.classification import TensorFlowV2Classifier

    model, rng = _curved(), np.random.default_rng(3)
    images = rng.uniform(-0.5, 0.5, (40, 6)).astype(np.float32)
    labels = model(images).numpy().argmax(axis=1).astype(np.int32)
    other = TensorFlowV2Classifier(
        model,
        nb_classes=3,
        input_shape=(6,),
        loss_object=keras.losses.SparseCategoricalCrossentropy(True),
        clip_values=(-0.5, 0.5),
    )
    order = 2 if norm == "l2" else np.inf
    ball, bounds = Ball(norm, 0.2), (-0.5, 0.5)
    theirs = evasion.FastGradientMethod(other, order, eps=0.2)
    np.testing.assert_allclose(
        fgsm(model, images, labels, ball, bounds),
        theirs.generate(images, labels),
        atol=1e-6,
    )
    theirs = evasion.ProjectedGradientDescent(
        other, order, eps=0.2, eps_step=0.0125, max_iter=40, verbose=False
    )

    def deficits(points):
        return attacks.label_deficit(labels, model(points)).numpy()

    ours = deficits(pgd(model, images, labels, ball, 40, bounds))
    found = deficits(theirs.generate(images, labels))
    # Of one image in 40 each of them may miss the better of two peaks.
    assert np.mean(np.abs(ours - found) < 5e-3) >= 0.95
    assert ours.mean() > found.mean() - 2e-3
