import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.hidden_noise import HiddenNoise, noisy
from xvat_tf.models import build_classifier
from xvat_tf.perturbations import InferencePasses, TrainingPasses
from xvat_tf.settings import resolve
from xvat_tf.training.noise import StepNoise

NOISE = StepNoise(3, 7)


class Numbered:
    """Noise that is its own number everywhere."""

    def normal(self, like, number=0):
        return tf.fill(tf.shape(like), tf.cast(number, like.dtype))


def twice_noisy():
    return keras.Sequential(
        [keras.Input((2,)), HiddenNoise(0.5), HiddenNoise(2.0)]
    )


def test_every_layer_draws_noise_of_its_own_number():
    inputs = tf.constant([[1.0, -1.0]])
    with noisy(Numbered()):
        # 0.5 * 1 + 2 * 2
        np.testing.assert_allclose(twice_noisy()(inputs), [[5.5, 3.5]])
        np.testing.assert_allclose(HiddenNoise(1.0)(inputs), [[4.0, 2.0]])


def test_other_passes_have_none():
    model, inputs = twice_noisy(), tf.constant([[1.0, -1.0]])
    np.testing.assert_array_equal(model(inputs, training=True), inputs)
    np.testing.assert_array_equal(model(inputs), inputs)
    with tf.GradientTape() as tape:
        passes = TrainingPasses(model, tape)
        for forward in (passes.stateful, passes.traceless, passes.clean):
            np.testing.assert_array_equal(forward(inputs), inputs)
        noisy_one = passes.perturbed(inputs, NOISE)
    assert np.all(noisy_one != inputs)
    still = InferencePasses(model).perturbed(inputs, NOISE)
    np.testing.assert_array_equal(still, inputs)


def test_noise_of_a_pass_is_that_of_seed_and_step_and_differs_by_layer():
    inputs = tf.zeros([500, 2])
    with tf.GradientTape() as tape:
        passes = TrainingPasses(twice_noisy(), tape)
        first = passes.perturbed(inputs, NOISE)
        again = tf.function(passes.perturbed)(inputs, NOISE)
        later = passes.perturbed(inputs, StepNoise(3, 8))
    np.testing.assert_array_equal(first, again)
    assert np.all(first != later)
    # Independent draws add their variances; equal ones would give 6.25.
    assert np.var(first) == pytest.approx(0.5**2 + 2.0**2, rel=0.15)


def test_noise_ends_with_an_error_too():
    with pytest.raises(ZeroDivisionError), noisy(Numbered()):
        raise ZeroDivisionError
    inputs = tf.ones([1, 2])
    np.testing.assert_array_equal(HiddenNoise(1.0)(inputs), inputs)


def test_low_precision_keeps_its_type():
    layer = HiddenNoise(1.0, dtype="bfloat16")
    with noisy(NOISE):
        assert layer(tf.zeros([2, 3], tf.bfloat16)).dtype == tf.bfloat16


@pytest.mark.parametrize(
    "given, names",
    [
        ({"network": "mlp"}, ["noise1", "noise2"]),
        (
            {"network": "conv13", "width": 0.0625, "dataset": "mnist"},
            [f"noise{i}" for i in range(1, 10)],
        ),
        (
            {"network": "wrn28_2", "width": 0.0625},
            [f"noise{i}" for i in range(1, 26)],
        ),
    ],
)
def test_it_follows_the_batch_norms_of_the_hidden_layers(given, names):
    settings = resolve(
        {"dataset": "digits", "hidden_noise": 0.3, "top_bn": True, **given}
    ).network
    model = build_classifier(settings, (28, 28, 1), 10, 1)
    found = [la for la in model.layers if isinstance(la, HiddenNoise)]
    assert [layer.name for layer in found] == names
    assert {layer.stddev for layer in found} == {0.3}


def test_it_is_saved_and_loaded(tmp_path):
    twice_noisy().save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [layer.stddev for layer in loaded.layers] == [0.5, 2.0]
