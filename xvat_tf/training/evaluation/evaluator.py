"""Predictions, accuracy and losses on the evaluated images."""

import contextlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data import PreparedData
from xvat_tf.records import tags
from xvat_tf.settings import Settings
from xvat_tf.training.evaluation import metrics
from xvat_tf.training.joint_step import weighted_total
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.trainer import Trainer

# The method's own loss on the first test images; accuracy is of all of them.
_PERTURBED_TEST_IMAGES = 1000


class Predictor:
    """Logits of a built classifier in inference mode, traced once.

    Passes are within a context that `scope` makes.
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
                return classifier(images, training=False)

        spec = tf.TensorSpec(shape, keras.config.floatx())
        self._predict = tf.function(
            predict, input_signature=[spec], autograph=False
        )

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Logits, float, `(n, classes)`, of all images, float, `(n, ...)`."""
        size = self._batch_size
        return np.concatenate(
            [
                self._predict(images[start : start + size]).numpy()
                for start in range(0, len(images), size)
            ]
        )


class Evaluator:
    """Accuracy and loss terms on the test (or validation) images.

    In inference mode, with raw weights and, if there are any, averaged ones.
    """

    def __init__(
        self, trainer: Trainer, data: PreparedData, settings: Settings
    ):
        self._images, self._labels = data.test_images, data.test_labels
        self._size = settings.train.eval_batch_size
        self._weights = settings.method.weights
        scopes: dict[str, Callable] = {"raw": contextlib.nullcontext}
        if trainer.average is not None:
            scopes["averaged"] = trainer.average.in_use
        self._predictors = {
            weights: Predictor(trainer.classifier, self._size, scope)
            for weights, scope in scopes.items()
        }
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
        means, logits = self._mean_terms(), {}
        for weights, predict in self._predictors.items():
            found = logits[weights] = predict(self._images)
            nll = metrics.negative_log_likelihood(found, self._labels)
            means[tags.ACCURACIES[weights]] = metrics.accuracy(
                found, self._labels
            )
            means[tags.CROSS_ENTROPIES[weights]] = nll
        return means, logits[self._weights]

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
