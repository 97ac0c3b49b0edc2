"""What a classifier gives: logits or probabilities; and one draw of noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import xvat_tf
from xvat_tf.training import classifier_checks

L, ops = keras.layers, keras.ops
SHAPE = (6,)


def rows():
    """Positive, as pixels in [0, 1]."""
    return np.random.default_rng(0).uniform(size=(12, *SHAPE)).astype("f4")


def checked(head, outputs=3, x=None, frozen=False):
    """Runs the checks on a model that ends in `head` of its features."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, head(L.Dense(8, "relu")(inputs), outputs))
    model.trainable = not frozen
    x = tf.constant(rows() if x is None else x)
    return classifier_checks.check(model, x, None, perturbed=True)


def test_a_frozen_classifier_is_refused():
    """It would be fitted without an error, and stay as it was."""
    with pytest.raises(xvat_tf.UserError, match="no weights that train: set"):
        checked(lambda f, n: L.Dense(n)(f), frozen=True)


def two_of_one(f, n):
    p = ops.sigmoid(L.Dense(1)(f))
    return ops.concatenate([1 - p, p], -1)


def normalised(f, n):
    z = ops.softplus(L.Dense(n)(f))
    return z / ops.sum(z, -1, keepdims=True)


SOFTMAX = {
    "of parts": lambda f, n: L.Reshape((n,))(
        ops.softmax(L.Dense(n)(f))[:, None]
    ),
    "normalised": normalised,
    "two of one": two_of_one,
}
SIGMOID = {
    "layer": lambda f, n: L.Dense(n, "sigmoid")(f),
    "by hand": lambda f, n: 1 / (1 + ops.exp(-L.Dense(n)(f))),
    "hard": lambda f, n: L.Dense(n, "hard_sigmoid")(f),
}
LOGITS = {
    "plain": lambda f, n: L.Dense(n)(f),
    "small": lambda f, n: 0.01 * L.Dense(n, "tanh")(f),
    "zeros": lambda f, n: L.Dense(n, kernel_initializer="zeros")(f),
    "log softmax": lambda f, n: ops.log_softmax(L.Dense(n)(f)),
    "rectified": lambda f, n: L.Dense(n, "relu", bias_initializer="ones")(f),
}


@pytest.mark.parametrize("head", SOFTMAX.values(), ids=SOFTMAX)
def test_what_adds_up_to_one_is_a_softmax(head):
    with pytest.raises(xvat_tf.UserError, match="ends in a softmax.*logits"):
        checked(head)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("head", SIGMOID.values(), ids=SIGMOID)
def test_what_is_between_0_and_1_is_a_sigmoid(head, outputs):
    with pytest.raises(xvat_tf.UserError, match="ends in a sigmoid"):
        checked(head, outputs)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("head", LOGITS.values(), ids=LOGITS)
def test_logits_are_taken(head, outputs):
    assert checked(head, outputs) == outputs
    assert checked(head, outputs, x=255 * rows()) == outputs


def test_normalised_logits_are_taken():
    assert checked(lambda f, n: L.LayerNormalization()(L.Dense(n)(f))) == 3


class Noise(L.Layer):
    """Adds what `draw` gives, in training."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x, training=False):
        return x + self.draw(self, ops.shape(x)) if training else x


OUTSIDE = {
    "tf": lambda _, shape: tf.random.normal(shape),
    "keras' global": lambda _, shape: keras.random.normal(shape),
    "numpy": lambda _, shape: np.random.normal(size=shape).astype("f4"),
    "one for all": lambda _, shape: tf.random.uniform([]),
}
INSIDE = {
    "seed": lambda layer, shape: keras.random.normal(
        shape, seed=layer.seed_generator
    ),
    "constant": lambda _, shape: keras.random.normal(shape, seed=3),
    "stateless": lambda _, shape: tf.random.stateless_normal(shape, [1, 2]),
}


def noisy(draw):
    return lambda f, n: L.Dense(n)(keras.Sequential([Noise(draw)])(f))


@pytest.mark.parametrize("draw", OUTSIDE.values(), ids=OUTSIDE)
def test_noise_outside_the_state_is_refused(draw):
    with pytest.raises(xvat_tf.UserError, match="not in its state.*Seed"):
        checked(noisy(draw))


@pytest.mark.parametrize(
    "head",
    [
        *map(noisy, INSIDE.values()),
        lambda f, n: L.Dense(n)(L.Dropout(0.5)(f)),
        lambda f, n: L.Dense(n)(L.GaussianNoise(1.0)(f)),
        lambda f, n: L.Dense(n)(L.BatchNormalization()(f)),
    ],
)
def test_noise_of_the_state_is_one_draw(head):
    assert checked(head) == 3


def test_dropout_that_never_ends_is_found_if_its_seed_is_foreign():
    def always(f, n):
        kept = keras.Sequential([Noise(OUTSIDE["tf"])])(f, training=True)
        return L.Dense(n)(kept)

    with pytest.raises(xvat_tf.UserError, match="not in its state"):
        checked(always)


def test_the_check_leaves_state_alone():
    model = keras.Sequential(
        [keras.Input(SHAPE), L.BatchNormalization(), L.Dropout(0.5), L.Dense(2)]
    )
    before = [variable.numpy() for variable in model.variables]
    classifier_checks.check(model, tf.constant(rows()), None, perturbed=True)
    for variable, old in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)
