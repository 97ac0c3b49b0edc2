"""What a finite loss hides: broken weights, and examples without r."""

import types
import warnings

import keras
import numpy as np
import pytest

import xvat_tf
from tests.own_models import models
from xvat_tf.training import callbacks

L = keras.layers


def network(shape=(6, 6, 2), *first):
    keras.utils.set_random_seed(0)
    layers = [keras.Input(shape), *first, L.Flatten()]
    # Wide, so that no example is dead.
    return keras.Sequential([*layers, L.Dense(64, "relu"), L.Dense(3)])


@pytest.mark.parametrize("rate", [1e25, 1e38])
def test_weights_beyond_float32_end_fit(rate):
    trainer = xvat_tf.Trainer(network(), xvat_tf.Mle())
    trainer.compile(keras.optimizers.SGD(rate), run_eagerly=True)
    with pytest.raises(xvat_tf.UserError, match="not finite after epoch . of"):
        trainer.fit(models.images(), models.labels(), epochs=3, verbose=0)


def test_a_broken_weight_is_found_wherever_it_is():
    model = keras.Sequential([*network().layers, L.BatchNormalization()])
    trainer = xvat_tf.Trainer(model, xvat_tf.XVat())
    trainer.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    trainer.fit(models.images(), models.labels(), verbose=0)
    trainer.steps_done = 9
    checkpoints = types.SimpleNamespace(latest="7.npz")
    callbacks.require_finite_weights(trainer, checkpoints)
    for variable in (
        model.trainable_variables[0],
        model.non_trainable_variables[1],
        trainer.generator.variables[0],
    ):
        whole = variable.numpy()
        broken = whole.copy()
        broken.flat[0] = np.nan
        variable.assign(broken)
        match = f"at step 9, first those of {variable.path}: .*good.*: 7.npz"
        with pytest.raises(callbacks.DivergedError, match=match):
            callbacks.require_finite_weights(trainer, checkpoints)
        variable.assign(whole)


def test_no_checkpoint_of_broken_weights():
    trainer = xvat_tf.Trainer(network(), xvat_tf.Mle())
    saved = types.SimpleNamespace(latest="none yet", save=pytest.fail)
    saving = callbacks.PeriodicCheckpoint(saved, None, None, None)
    trainer.steps_done = 3
    saving.set_model(trainer)
    bias = trainer.classifier.variables[-1]
    bias.assign(bias * np.nan)
    with pytest.raises(callbacks.DivergedError, match="at step 3"):
        saving._save()


def pixels():
    rng = np.random.default_rng(0)
    shape = (60, 16, 16, 3)
    return np.clip(rng.normal(110, 40, shape), 1, 255).astype("f4")


def fitted(**method):
    """Norm of r as a share of epsilon, and what was said, over two fits."""
    model = network((16, 16, 3), L.Rescaling(1 / 255))
    trainer = xvat_tf.Trainer(model, xvat_tf.Vat(epsilon=100.0, **method))
    trainer.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    x, y = pixels(), np.arange(60) % 3
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        first = trainer.fit(x, y, verbose=0).history
        trainer.fit(x, y, verbose=0)
    said = [str(w.message) for w in said if "perturbation" in str(w.message)]
    return first["perturbation_norm"][0] / 100, said


def test_a_lost_xi_is_said_once_with_one_that_is_not():
    share, said = fitted(xi=1e-6)
    assert share < 0.9
    (line,) = said
    assert f"about {100 * (1 - share):.0f} % of the examples" in line
    assert "xi=1e-06 is lost" in line
    fit = float(line.split("xi=")[-1].split(" ")[0])
    # 16 * 16 * 3 pixels of about 117 in root mean square.
    assert fit == pytest.approx(2**-11.5 * 768**0.5 * 117, rel=0.5)
    share, said = fitted(xi=fit)
    assert share == pytest.approx(1, abs=0.01)
    assert not said


def test_the_default_xi_is_not_lost():
    share, said = fitted()
    assert share == pytest.approx(1, abs=1e-5) and not said


def test_of_dead_examples_xi_is_not_blamed():
    dead = L.Dense(8, "relu", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((4,)), dead, L.Dense(3)])
    method = xvat_tf.Vat(epsilon=1.0, xi=0.1)
    trainer = xvat_tf.Trainer(model, method)
    trainer.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    with pytest.warns(UserWarning, match="about 100 %.*does not change"):
        trainer.fit(np.ones((6, 4), "f4"), np.arange(6) % 3, verbose=0)
