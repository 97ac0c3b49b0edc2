"""Predictions, accuracy and losses on the evaluated images."""

import contextlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.records import tags
from xvat_tf.settings import Settings
from xvat_tf.training.evaluation import metrics
from xvat_tf.training.joint_step import weighted_total
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.trainer import Trainer

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


# The method's own loss on the first test images; accuracy is of all of them.
_PERTURBED_TEST_IMAGES = 1000


class Evaluator:
    """Accuracy and loss terms on the evaluated images, in inference mode.

    Images are all of the test (or validation) set, labels int32, `(n,)`.
    """

    def __init__(
        self,
        trainer: Trainer,
        images: np.ndarray,
        labels: np.ndarray,
        settings: Settings,
    ):
        self._images, self._labels = images, labels
        self._size = settings.train.eval_batch_size
        self._weights = settings.method.weights
        self._predict = Predictor(trainer.classifier, self._size)
        self._predict_averaged = None
        if trainer.average is not None:
            self._predict_averaged = Predictor(
                trainer.classifier, self._size, trainer.average.in_use
            )
        # The table has no row for a test image.
        self._has_terms = not settings.method.has_table
        noise = StepNoise(settings.train.seed, 0)

        def terms(images, labels):
            batch = {
                "images": images,
                "labels": labels,
                "indices": tf.zeros_like(labels),
            }
            passes = trainer.inference_passes()
            values = trainer.objective(batch, passes, noise)
            total = weighted_total(values, trainer.objective.weights)
            means = {k: tf.reduce_mean(v) for k, v in values.items()}
            return means | {tags.TOTAL: total}

        # As Keras traces the training step.
        self._terms = tf.function(terms, autograph=False)

    def __call__(self) -> tuple[dict[str, float], np.ndarray]:
        """Means by TensorBoard tag, and all logits, float `(n, classes)`.

        The logits are those of the weights that the method is evaluated with.
        """
        logits = self._predict(self._images)
        exact = self._exact(logits, tags.ACCURACY, tags.CROSS_ENTROPY)
        if self._predict_averaged is not None:
            averaged = self._predict_averaged(self._images)
            exact |= self._exact(
                averaged, tags.AVERAGED_ACCURACY, tags.AVERAGED_CROSS_ENTROPY
            )
            if self._weights == "averaged":
                logits = averaged
        return self._mean_terms() | exact, logits

    def _exact(self, logits, accuracy, cross_entropy):
        """Of all images, under the tags given."""
        nll = metrics.negative_log_likelihood(logits, self._labels)
        return {
            accuracy: metrics.accuracy(logits, self._labels),
            cross_entropy: nll,
        }

    def _mean_terms(self):
        if not self._has_terms:
            return {}
        count = min(_PERTURBED_TEST_IMAGES, len(self._images))
        size = min(self._size, count)
        batches = [
            self._terms(
                self._images[start : start + size],
                self._labels[start : start + size],
            )
            for start in range(0, count - size + 1, size)
        ]
        return {
            tag: float(np.mean([batch[tag] for batch in batches]))
            for tag in batches[0]
        }
