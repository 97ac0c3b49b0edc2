"""What a user can get wrong: one line that says what to do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import xvat_tf
from tests.own_models import models


def refused(model, match, x=None, y=None, method=None, **options):
    x = models.images() if x is None else x
    y = models.labels() if y is None else y

    def fit():
        trainer = xvat_tf.Trainer(model, method or xvat_tf.XVat(), **options)
        trainer.compile()
        trainer.fit(x, y, verbose=0)

    models.refused(match, fit)


def test_no_vector_of_logits():
    model = keras.Sequential(
        [keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 3)]
    )
    refused(model, r"one vector of logits.*\(12|shape")


def test_ids_cannot_be_perturbed():
    model = keras.Sequential(
        [
            keras.layers.Embedding(10, 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3),
        ]
    )
    refused(model, "no gradient", x=np.arange(48).reshape(24, 2) % 10)


def test_several_inputs_without_a_name():
    x = {"image": models.images(), "kind": models.labels()}
    refused(models.two_inputs(), "name the one to perturb", x=x)
    refused(models.two_inputs(), "perturb='text'", x=x, perturb="text")
    refused(models.functional(), "leave perturb out", perturb="image")


def test_lengths_and_labels():
    given = "same length, given 24 inputs, 5 labels"
    refused(models.functional(), given, y=models.labels()[:5])
    refused(models.functional(), "label 3.*3 classes", y=models.labels() + 1)
    refused(models.functional(), "probabilities of 2", y=np.ones((24, 2)) / 2)
    trainer = xvat_tf.Trainer(models.functional(), xvat_tf.Mle())
    trainer.compile()
    with pytest.raises(xvat_tf.UserError, match="y is missing"):
        trainer.fit(models.images())


def test_not_compiled():
    trainer = xvat_tf.Trainer(models.functional(), xvat_tf.Mle())
    with pytest.raises(xvat_tf.UserError, match="call compile first"):
        trainer.fit(models.images(), models.labels())


def test_the_scope_of_a_strategy():
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        model = models.functional()
    refused(model, "outside of it")
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        refused(models.functional(), "outside of it")
