"""Consistency by hand: a linear classifier, given noise."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax

from tests.training.linear_case import (
    IMAGES,
    KERNEL,
    UNLABELED,
    batch_of,
    linear,
)
from xvat_tf import methods
from xvat_tf.errors import UserError
from xvat_tf.perturbations import InferencePasses, TrainingPasses
from xvat_tf.records import tags
from xvat_tf.settings import resolve
from xvat_tf.training import Trainer, make_objective
from xvat_tf.training.schedules import ramp_up

# Of the first and of the second view.
NOISE = {0: np.array([1.0, 0.0]), 1000: np.array([-1.0, 2.0])}


class GivenNoise:
    def normal(self, like, number=0):
        return tf.constant(np.tile(NOISE[number], (len(like), 1)))


def values_of(method, batch, step=None):
    """Values, and the gradient of the distances' sum to the kernel."""
    model = linear()
    with tf.GradientTape() as tape:
        passes = TrainingPasses(model, tape, step=step)
        values = make_objective(method)(batch, passes, GivenNoise())
        total = tf.reduce_sum(values[tags.PERTURBED])
    return values, tape.gradient(total, model.trainable_variables[0])


def p(images):
    return softmax(images @ KERNEL, axis=1)


def squared(first, second):
    return np.sum((first - second) ** 2, axis=1)


def pull(images, direction):
    """Gradient to the kernel of sum(direction * softmax(images @ kernel))."""
    q = p(images)
    return images.T @ (q * (direction - np.sum(q * direction, 1)[:, None]))


def test_pi_by_hand(float64):
    method = methods.Pi(input_noise=0.5)
    values, gradient = values_of(method, batch_of(True))
    one = UNLABELED + 0.5 * NOISE[0]
    other = UNLABELED + 0.5 * NOISE[1000]
    expected = squared(p(one), p(other))
    np.testing.assert_allclose(values[tags.PERTURBED], expected, rtol=1e-12)
    # Through both views.
    difference = 2 * (p(one) - p(other))
    through_both = pull(one, difference) - pull(other, difference)
    np.testing.assert_allclose(gradient, through_both, rtol=1e-10)


def test_without_unlabeled_images_the_labeled_pass_is_the_first_view(float64):
    method = methods.Pi(input_noise=0.5)
    values, _ = values_of(method, batch_of(False))
    expected = squared(p(IMAGES), p(IMAGES + 0.5 * NOISE[1000]))
    np.testing.assert_allclose(values[tags.PERTURBED], expected, rtol=1e-12)


@pytest.mark.parametrize("semi", [True, False])
def test_the_second_view_is_of_the_other_augmentation(float64, semi):
    batch, name = batch_of(semi), "unlabeled_images" if semi else "images"
    batch[f"second_{name}"] = 1 - batch[name]
    values, _ = values_of(methods.Pi(input_noise=0.0), batch)
    images = UNLABELED if semi else IMAGES
    expected = squared(p(images), p(1 - images))
    np.testing.assert_allclose(values[tags.PERTURBED], expected, rtol=1e-12)


def test_the_weight_rises(float64):
    method = methods.Pi(ramp_up_steps=40)
    whole, _ = values_of(method, batch_of(True))
    half, _ = values_of(method, batch_of(True), step=20)
    ratio = half[tags.PERTURBED] / whole[tags.PERTURBED]
    np.testing.assert_allclose(ratio, np.exp(-1.25), rtol=1e-6)
    found = [float(ramp_up(method, step)) for step in (0, 40, 400)]
    np.testing.assert_allclose(found, [np.exp(-5), 1, 1], rtol=1e-6)
    assert ramp_up(methods.Pi(ramp_up_steps=0), 0) == 1


class Halved:
    """An average of the weights that is half of them."""

    def __init__(self, model):
        (self.kernel,) = model.trainable_variables

    def values(self):
        return [(self.kernel, self.kernel / 2)]


def test_mean_teacher_by_hand(float64):
    method, model = methods.MeanTeacher(input_noise=0.5), linear()
    with tf.GradientTape() as tape:
        passes = TrainingPasses(model, tape, average=Halved(model))
        values = make_objective(method)(batch_of(True), passes, GivenNoise())
        total = tf.reduce_sum(values[tags.PERTURBED])
    gradient = tape.gradient(total, model.trainable_variables[0])
    student, images = UNLABELED + 0.5 * NOISE[0], UNLABELED + 0.5 * NOISE[1000]
    teacher = softmax(images @ KERNEL / 2, axis=1)
    expected = squared(p(student), teacher)
    np.testing.assert_allclose(values[tags.PERTURBED], expected, rtol=1e-12)
    # Through the student alone.
    through_student = pull(student, 2 * (p(student) - teacher))
    np.testing.assert_allclose(gradient, through_student, rtol=1e-10)


def test_temporal_ensembling_by_hand(float64):
    method = methods.Temporal(input_noise=0.0, prediction_decay=0.75)
    objective, model = make_objective(method), linear()
    objective.build_memory(5, 2)

    def distances(rows, images):
        batch = batch_of(True)
        batch["unlabeled_images"] = tf.constant(images)
        batch["unlabeled_indices"] = tf.constant(rows)
        with tf.GradientTape() as tape:
            passes = TrainingPasses(model, tape)
            found = objective(batch, passes, GivenNoise())[tags.PERTURBED]
            total = tf.reduce_sum(found)
        return found, tape.gradient(total, model.trainable_variables[0])

    a, b, c = UNLABELED
    found, _ = distances([4, 0, 1], [a, b, c])
    np.testing.assert_array_equal(found, [0, 0, 0])  # None has a past.
    # Row -1 is the last one; row 2 is new.
    now = np.array([b, c, a])
    found, gradient = distances([0, -1, 2], now)
    past = p(np.array([b, a, a]))
    expected = squared(p(now), past) * [1, 1, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    direction = 2 * (p(now) - past) * np.array([[1], [1], [0]])
    np.testing.assert_allclose(gradient, pull(now, direction), rtol=1e-10)
    # 1/4 p(c) and 3/16 p(a), over 1 - 9/16 = 7/16.
    average, known = objective.memory(tf.constant([4, 3]))
    expected = (4 * p(c[None])[0] + 3 * p(a[None])[0]) / 7
    np.testing.assert_allclose(average, [expected, [0, 0]], rtol=1e-12)
    np.testing.assert_array_equal(known, [1, 0])


def test_inference_passes_remember_nothing(float64):
    objective = make_objective(methods.Temporal())
    objective.build_memory(3, 2)
    objective(batch_of(True), InferencePasses(linear()), GivenNoise())
    assert not objective.memory(tf.range(3))[1].numpy().any()


def test_a_teacher_needs_an_average():
    assert resolve({"method": "mean_teacher"}).train.ema_decay == 0.99
    with pytest.raises(UserError, match="--ema_decay=0 leaves --method=mean_"):
        resolve({"method": "mean_teacher", "ema_decay": 0})
    with pytest.raises(UserError, match="^ema_decay=0 leaves the method no"):
        Trainer(linear(), methods.MeanTeacher(), ema_decay=0)
    assert Trainer(linear(), methods.MeanTeacher()).ema_decay == 0.99


def test_a_table_of_predictions_is_in_one_process():
    with pytest.raises(UserError, match="--method=temporal keeps its table in"):
        resolve({"method": "temporal", "distribute": "mirrored"})
