import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.perturbations import mask_step, moved_mask

# Logits (w . x, 0): away from class 0, z goes against w x.
WEIGHTS = tf.constant([[3.0, 0.0], [4.0, 0.0], [0.0, 0.0]])
ONES = tf.ones([1, 3])


def linear(images):
    return images @ WEIGHTS


def found(mask, labels=(0,), length=0.5, images=ONES, **given):
    labels, mask = tf.constant(labels), tf.constant(mask)
    images = tf.constant(images)
    step = mask_step(linear, images, labels, mask, length=length, **given)
    return step.numpy()


MIDDLE = [[0.5, 0.5, 0.5]]


@pytest.mark.parametrize(
    "mask, given, expected",
    [
        # Ascent of the cross entropy is along -(3, 4, 0).
        (MIDDLE, {}, [[-0.3, -0.4, 0]]),
        (MIDDLE, {"labels": [1]}, [[0.3, 0.4, 0]]),
        (MIDDLE, {"loss_scale": 1024.0}, [[-0.3, -0.4, 0]]),
        # A pixel of -2 turns its sign and doubles its part: (6, -4, 0).
        (
            MIDDLE,
            {"images": [[-2.0, 1.0, 5.0]], "length": 52**0.5},
            [[6, -4, 0]],
        ),
        # At 0 the first entry cannot fall, at 1 it can: the box forbids, and
        # the others share the length.
        ([[0.0, 0.5, 0.5]], {}, [[0, -0.5, 0]]),
        ([[1.0, 0.5, 0.5]], {}, [[-0.3, -0.4, 0]]),
        ([[1.0, 0.5, 0.5]], {"labels": [1]}, [[0, 0.5, 0]]),
        # The worst corner, and no gradient.
        ([[0.0, 0.0, 0.5]], {}, [[0, 0, 0]]),
        ([[1.0, 1.0, 0.5]], {"labels": [1]}, [[0, 0, 0]]),
        ([[0.2, 0.0, 1.0]], {"images": [[0.0, 0.0, 0.0]]}, [[0, 0, 0]]),
        # Tied entries go equally far.
        (
            [[0.5, 0.7, 0.5]],
            {"images": [[4.0, 3.0, 1.0]], "length": 2**0.5},
            [[-1, -1, 0]],
        ),
        # Each example has a length of its own.
        (
            MIDDLE * 2,
            {"labels": [0, 1], "images": [[1.0, 1.0, 1.0], [1e-3, 0.0, 0.0]]},
            [[-0.3, -0.4, 0], [0.5, 0, 0]],
        ),
    ],
)
def test_it_leads_against_the_label_within_the_box(mask, given, expected):
    step = found(mask, **given)
    np.testing.assert_allclose(step, expected, rtol=1e-5, atol=1e-6)


def test_colours_share_a_step():
    def first_pixel(images):
        logit = tf.reduce_sum(images[:, 0, 0], axis=-1)
        return tf.stack([logit, tf.zeros_like(logit)], axis=-1)

    step = mask_step(
        first_pixel,
        tf.ones([1, 1, 2, 3]),
        tf.constant([0]),
        tf.fill([1, 1, 2, 1], 0.5),
        length=0.25,
    )
    np.testing.assert_allclose(step, [[[[-0.25], [0]]]], rtol=1e-5)


def test_probabilities_give_the_direction_of_the_divergence():
    # Of two logits (u, 0) the gradient of KL(p || q) by u is q_0 - p_0.
    mask = tf.fill([1, 3], 0.5)
    sure = tf.constant([[1.0, 0.0]])
    prediction = tf.nn.softmax(linear(ONES * 0.5))
    step = mask_step(linear, ONES, sure, mask, length=0.5)
    np.testing.assert_allclose(step, found(MIDDLE), rtol=1e-5, atol=1e-7)
    still = mask_step(linear, ONES, prediction, mask, length=0.5)
    np.testing.assert_allclose(still, np.zeros([1, 3]), atol=1e-4)


def test_the_moved_mask_is_cut_to_the_box_and_passes_the_gradient_there():
    mask = tf.constant([[0.1, 0.5, 0.9]])
    with tf.GradientTape() as tape:
        tape.watch(mask)
        moved = moved_mask(mask, tf.constant([[-0.25, 0.25, 0.25]]))
    np.testing.assert_allclose(moved, [[0, 0.75, 1]])
    np.testing.assert_array_equal(tape.gradient(moved, mask), [[0, 1, 0]])


def test_no_gradient_through_the_step():
    mask = tf.constant([[0.5, 0.5, 0.5]])
    with tf.GradientTape() as tape:
        tape.watch(mask)
        step = mask_step(linear, ONES, tf.constant([0]), mask, length=0.5)
    assert tape.gradient(step, mask) is None
