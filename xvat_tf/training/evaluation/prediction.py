"""Predictions on a whole data set."""

import contextlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

_BATCHES_PER_CALL = 20


class Predictor:
    """Logits of a built classifier in inference mode, traced once.

    Several batches go through one call for the sake of small ones: a call takes
    the time of a quarter of a batch of 100 digits. All are within a context
    that `scope` makes.
    """

    def __init__(
        self,
        classifier: keras.Model,
        batch_size: int,
        scope: Callable[
            [], contextlib.AbstractContextManager
        ] = contextlib.nullcontext,
    ):
        self._batch_size = batch_size
        shape = [None, *classifier.input_shape[1:]]

        def predict(images):
            with scope():
                return _in_batches(classifier, images, batch_size)

        spec = tf.TensorSpec(shape, keras.config.floatx())
        self._predict = tf.function(
            predict, input_signature=[spec], autograph=False
        )

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Logits, float, `(n, classes)`, of all images, float, `(n, ...)`."""
        size = self._batch_size * _BATCHES_PER_CALL
        return np.concatenate(
            [
                self._predict(images[start : start + size]).numpy()
                for start in range(0, len(images), size)
            ]
        )


def _in_batches(classifier, images, size):
    count = -(-tf.shape(images)[0] // size)
    logits = tf.TensorArray(
        images.dtype,
        count,
        infer_shape=False,
        element_shape=(None, None),
    )

    def step(i, logits):
        batch = images[i * size : (i + 1) * size]
        return i + 1, logits.write(i, classifier(batch, training=False))

    _, logits = tf.while_loop(
        lambda i, _: i < count, step, (0, logits), parallel_iterations=1
    )
    return logits.concat()
