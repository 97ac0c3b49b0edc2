"""Which axis holds channels, where a mask has its values, what it explains."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import xvat_tf
from tests.own_models import models
from xvat_tf.models import InductiveGenerator
from xvat_tf.settings.axes import channels_of, mask_shape

L = keras.layers
COUNT = 6


@pytest.mark.parametrize(
    "shape, found",
    [
        ((20,), "last"),
        ((8, 8), "none"),
        ((8, 8, 1), "last"),
        ((8, 8, 3), "last"),
        ((3, 3, 3), "last"),
        ((32, 48, 12), "last"),
        ((5, 16, 16, 3), "last"),
    ],
)
def test_axes_of_what_is_no_question(shape, found):
    assert channels_of(shape, "auto", "x") == found


@pytest.mark.parametrize(
    "shape", [(1, 28, 28), (3, 32, 48), (4, 9, 7), (12, 64, 64), (1, 9, 8, 7)]
)
def test_channels_first_is_not_guessed(shape):
    with pytest.raises(xvat_tf.UserError, match="channels first.*=last"):
        channels_of(shape, "auto", "x")
    assert channels_of(shape, "first", "x") == "first"
    assert channels_of(shape, "last", "x") == "last"


def test_mask_shapes():
    assert mask_shape((8, 9), "none", True) == (8, 9)
    assert mask_shape((8, 9, 3), "last", True) == (8, 9, 1)
    assert mask_shape((8, 9, 3), "last", False) == (8, 9, 3)
    assert mask_shape((3, 8, 9), "first", True) == (1, 8, 9)
    assert mask_shape((20,), "last", True) == (20,)


def test_a_generator_gives_the_same_masks_however_the_axes_lie():
    images = tf.random.stateless_normal((2, 5, 4, 3), [1, 2])
    last = InductiveGenerator(outputs=3, layers=2, filters=4)
    first = InductiveGenerator(outputs=3, layers=2, filters=4, channels="first")
    turned = tf.transpose(images, [0, 3, 1, 2])
    np.testing.assert_allclose(
        last(images, None),
        tf.transpose(first(turned, None), [0, 2, 3, 1]),
        rtol=1e-6,
    )
    grey, none = InductiveGenerator(), InductiveGenerator(channels="none")
    np.testing.assert_allclose(
        grey(images[..., :1], None)[..., 0],
        none(images[..., 0], None),
        rtol=1e-6,
    )
    again = InductiveGenerator.from_config(none.get_config())
    assert again.channels == "none"


def inputs(*shape):
    return np.random.default_rng(0).normal(size=(COUNT, *shape)).astype("f4")


def model(shape, *first):
    layers = [keras.Input(shape), *first, L.Flatten(), L.Dense(3)]
    return keras.Sequential(layers)


CASES = {
    "grey": ((8, 5), "auto", (8, 5)),
    "sequence": ((8, 5), "last", (8, 1)),
    "first": ((3, 8, 5), "first", (1, 8, 5)),
    "really last": ((3, 8, 5), "last", (3, 8, 1)),
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("mask_model", ["inductive", "transductive"])
def test_masks_of_a_trainer(mask_model, kind, leave_to_full):
    leave_to_full(mask_model == "transductive" and kind != "first")
    shape, channels, mask = CASES[kind]
    method = xvat_tf.XVat(mask_model=mask_model)
    trainer = xvat_tf.Trainer(model(shape), method, channels=channels)
    trainer.compile("sgd", run_eagerly=True)
    history = trainer.fit(inputs(*shape), np.arange(COUNT) % 3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    log_alpha = trainer.generator(inputs(*shape), tf.range(COUNT))
    assert log_alpha.shape == (COUNT, *mask)


def test_a_trainer_and_explain_ask():
    x, net = inputs(3, 8, 5), model((3, 8, 5))
    trainer = xvat_tf.Trainer(net, xvat_tf.XVat())
    trainer.compile("sgd")
    asks = pytest.raises(xvat_tf.UserError, match="x has .*channels=first")
    with asks:
        trainer.fit(x, np.arange(COUNT) % 3, verbose=0)
    with pytest.raises(xvat_tf.UserError, match="images has .*channels=first"):
        xvat_tf.explain(net, x)
    masks = xvat_tf.explain(net, x, steps=1, channels="first")
    assert masks.shape == (COUNT, 1, 8, 5)
    with pytest.raises(xvat_tf.UserError, match="channels='left'.*choose"):
        channels_of((8, 8, 1), "left", "x")
    with pytest.raises(xvat_tf.UserError, match="^channels=left .*choose"):
        xvat_tf.Trainer(net, xvat_tf.Vat(epsilon=1.0), channels="left")


def test_explain_takes_a_model_and_finite_images():
    x, net = inputs(8, 8, 1), model((8, 8, 1))
    with pytest.raises(xvat_tf.UserError, match="^model must be a keras.Model"):
        xvat_tf.explain("runs/first", x)
    x[0, 0, 0] = np.nan
    with pytest.raises(
        xvat_tf.UserError, match="^images has values that are N"
    ):
        xvat_tf.explain(net, x)
    with pytest.raises(xvat_tf.UserError, match="^images holds text"):
        xvat_tf.explain(net, ["a", "b"])


@pytest.mark.parametrize("shape", [(9, 9, 1), (8, 9), (64,)])
def test_what_keras_says_of_another_shape_is_kept(shape):
    trainer = xvat_tf.Trainer(model((8, 8, 1)), xvat_tf.Vat(epsilon=1.0))
    trainer.compile("sgd")
    said = r"of shape .*\(.*(but received input with shape|incompatible)"
    with pytest.raises(xvat_tf.UserError, match=said) as caught:
        trainer.fit(inputs(*shape), np.arange(COUNT) % 3, verbose=0)
    assert not re.search(r"Exception encountered|\[\[", str(caught.value))


def test_additive_methods_do_not_ask():
    trainer = xvat_tf.Trainer(model((3, 8, 5)), xvat_tf.Vat(epsilon=1.0))
    trainer.compile("sgd", run_eagerly=True)
    trainer.fit(inputs(3, 8, 5), np.arange(COUNT) % 3, verbose=0)


def test_a_mask_hides_the_pixel_that_counts_in_any_layout():
    """One pixel of a grey image, and of images with channels first."""
    weights = np.zeros((4, 5), "f4")
    weights[1, 2] = 8.0
    for shape, channels in (
        ((4, 5), "auto"),
        ((4, 5, 1), "auto"),
        ((2, 4, 5), "first"),
    ):
        net = keras.Sequential(
            [keras.Input(shape), L.Flatten(), L.Dense(2, use_bias=False)]
        )
        flat = np.resize(weights, shape).ravel()
        net.layers[-1].set_weights([np.stack([0 * flat, flat], axis=1)])
        ones = np.ones((2, *shape), "f4")
        mask = xvat_tf.explain(net, ones, channels=channels, seed=1)
        hidden = mask.reshape(2, 4, 5) < 0.5
        expected = np.broadcast_to(weights != 0, hidden.shape)
        np.testing.assert_array_equal(hidden, expected)


def test_nothing_is_hidden_where_hiding_costs_more():
    ones = np.ones((2, 4, 5), "f4")
    assert (xvat_tf.explain(model((4, 5)), ones, lambda_l0=1e3) > 0.5).all()


def test_of_a_trainer_it_is_the_generators():
    trainer = xvat_tf.Trainer(models.functional(), xvat_tf.XVat(), seed=4)
    trainer.compile(run_eagerly=True)
    trainer.fit(models.images(), models.labels(), verbose=0)
    mask = xvat_tf.explain(trainer, models.images())
    log_alpha = trainer.generator(models.images(), None)
    sigmoid = 1 / (1 + np.exp(-np.array(log_alpha, np.float64) / 0.66))
    expected = np.clip(1.2 * sigmoid - 0.1, 0, 1)
    np.testing.assert_allclose(mask, expected, rtol=1e-4, atol=1e-5)
