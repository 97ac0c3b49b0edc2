"""Masks that explain a prediction."""

import keras
import numpy as np

import xvat_tf
from tests.own_models import models


def linear(weights):
    """Two logits: 0 and the weighted sum of the pixels."""
    model = keras.Sequential(
        [keras.Input(weights.shape), keras.layers.Flatten()]
    )
    dense = keras.layers.Dense(2, use_bias=False)
    model.add(dense)
    flat = weights.ravel()
    dense.set_weights([np.stack([0 * flat, flat], axis=1)])
    return model


def test_nothing_is_hidden_where_hiding_costs_more():
    weights = np.zeros((4,), "float32")
    weights[1] = 8.0
    images = np.ones((2, 4), "float32")
    mask = xvat_tf.explain(linear(weights), images, lambda_l0=1e3)
    assert (mask > 0.5).all()


def test_of_a_trainer_it_is_the_generators():
    trainer = xvat_tf.Trainer(models.functional(), xvat_tf.XVat(), seed=4)
    trainer.compile()
    trainer.fit(models.images(), models.labels(), verbose=0)
    mask = xvat_tf.explain(trainer, models.images())
    log_alpha = trainer.generator(models.images(), None)
    sigmoid = 1 / (1 + np.exp(-np.array(log_alpha, np.float64) / 0.66))
    expected = np.clip(1.2 * sigmoid - 0.1, 0, 1)
    np.testing.assert_allclose(mask, expected, rtol=1e-4, atol=1e-5)
