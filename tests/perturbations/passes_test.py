import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.hidden_noise import HiddenNoise
from xvat_tf.perturbations import InferencePasses, TrainingPasses


@pytest.fixture
def classifier():
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=3),
            keras.layers.Dense(3),
        ]
    )


@pytest.fixture
def images():
    return tf.constant(np.random.default_rng(0).normal(size=(5, 6)), tf.float32)


def state(model):
    return [variable.numpy() for variable in model.non_trainable_variables]


def test_traceless_passes_share_dropout_and_leave_the_state(classifier, images):
    before = state(classifier)
    with tf.GradientTape() as tape:
        passes = TrainingPasses(classifier, tape)
        first, second = passes.traceless(images), passes.traceless(images)
    np.testing.assert_array_equal(first, second)
    for old, new in zip(before, state(classifier), strict=True):
        np.testing.assert_array_equal(old, new)


def test_stateful_pass_is_the_traceless_one_with_a_trace(classifier, images):
    before = state(classifier)
    with tf.GradientTape() as tape:
        passes = TrainingPasses(classifier, tape)
        traceless, stateful = passes.traceless(images), passes.stateful(images)
        after = passes.traceless(images)
    np.testing.assert_array_equal(traceless, stateful)
    np.testing.assert_array_equal(traceless, after)
    changed = [
        not np.array_equal(old, new)
        for old, new in zip(before, state(classifier), strict=True)
    ]
    assert all(changed)


def test_dropout_differs_from_step_to_step(classifier, images):
    with tf.GradientTape() as tape:
        first = TrainingPasses(classifier, tape).stateful(images)
        second = TrainingPasses(classifier, tape).traceless(images)
    assert np.abs(first - second).max() > 1e-3


def test_inference_passes_use_moving_statistics(classifier, images):
    before = state(classifier)
    passes = InferencePasses(classifier)
    expected = classifier(images, training=False)
    np.testing.assert_array_equal(passes.traceless(images), expected)
    for old, new in zip(before, state(classifier), strict=True):
        np.testing.assert_array_equal(old, new)


def test_statistics_of_unlabeled_images(classifier, images):
    """They move from the start by the clean pass, as if there were no other."""
    others = images + 3.0
    twin = keras.models.clone_model(classifier)
    twin.set_weights(classifier.get_weights())
    with tf.GradientTape() as tape:
        passes = TrainingPasses(classifier, tape, statistics="unlabeled")
        passes.stateful(images)
        passes.clean(others)
        passes.traceless(images)
    twin(others, training=True)
    pairs = zip(
        classifier.non_trainable_variables,
        twin.non_trainable_variables,
        strict=True,
    )
    for found, expected in pairs:
        if "float" in found.dtype:
            np.testing.assert_allclose(found, expected, rtol=1e-6)


class Untold(keras.Model):
    """Does not tell its layers that they train, as Keras' guides."""

    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5, seed=3)
        self.norm = keras.layers.BatchNormalization()
        self.out = keras.layers.Dense(3)

    def call(self, x):
        return self.out(self.norm(self.drop(x)))


class Unheard(Untold):
    """Takes the argument, and passes it on to no layer."""

    def call(self, x, training=False):
        return super().call(x)


@pytest.mark.parametrize("kind", [Untold, Unheard])
def test_layers_train_as_in_keras_whatever_the_signature(kind, images):
    model = kind()
    model(images)
    with tf.GradientTape() as tape:
        passes = TrainingPasses(model, tape)
        traceless, stateful = passes.traceless(images), passes.stateful(images)
    np.testing.assert_array_equal(traceless, stateful)
    # Batch statistics, and half of the inputs dropped.
    assert np.abs(stateful - model(images)).max() > 1e-3


def test_views_draw_dropout_and_hidden_noise_of_their_own(classifier, images):
    before = state(classifier)
    with tf.GradientTape() as tape:
        passes = TrainingPasses(classifier, tape)
        first, second, again = (passes.view(images, None, k) for k in (0, 1, 1))
    np.testing.assert_array_equal(first, passes.traceless(images))
    np.testing.assert_array_equal(second, again)
    assert np.abs(first - second).max() > 1e-3
    for old, new in zip(before, state(classifier), strict=True):
        np.testing.assert_array_equal(old, new)


def test_first_view_may_move_the_statistics(classifier, images):
    with tf.GradientTape() as tape:
        passes = TrainingPasses(classifier, tape, statistics="unlabeled")
        passes.view(images, None, 1)
        mean = classifier.layers[1].moving_mean.numpy()
        passes.view(images, None, 0)
    assert not mean.any()
    assert np.abs(classifier.layers[1].moving_mean).max() > 0


def test_hidden_noise_of_a_view_has_numbers_of_its_own(images):
    numbers = []

    class Noise:
        def normal(self, like, number):
            numbers.append(number)
            return tf.zeros_like(like)

    layers = [keras.Input((6,)), HiddenNoise(1.0), HiddenNoise(1.0)]
    with tf.GradientTape() as tape:
        passes = TrainingPasses(keras.Sequential(layers), tape)
        passes.view(images, Noise(), 0)
        passes.view(images, Noise(), 1)
    assert numbers == [1, 2, 1001, 1002]
