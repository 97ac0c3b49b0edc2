"""Predictions on a whole data set, and what they are worth."""

import keras
import numpy as np
import tensorflow as tf
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix

from xvat_tf.models import BatchNorm

_CALIBRATION_BINS = 15
_BATCHES_PER_CALL = 20
# Of a diverged classifier the numbers are NaN, which says enough.
_quiet = np.errstate(invalid="ignore", over="ignore")


class Predictor:
    """Logits of a classifier in inference mode, traced once.

    Several batches go through one call for the sake of small ones: a call takes
    the time of a quarter of a batch of 100 digits.

    Args:
        classifier: Built Keras model, images -> logits.
        batch_size: Images in a batch; the last one may be smaller.
    """

    def __init__(self, classifier: keras.Model, batch_size: int):
        self._batch_size = batch_size
        shape = [None, *classifier.input_shape[1:]]
        self._predict = tf.function(
            lambda images: _in_batches(classifier, images, batch_size),
            input_signature=[tf.TensorSpec(shape, keras.config.floatx())],
        )

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Logits of all images.

        Args:
            images: float, `(n, ...)`.

        Returns:
            float, `(n, classes)`.
        """
        size = self._batch_size * _BATCHES_PER_CALL
        return np.concatenate(
            [
                self._predict(images[start : start + size]).numpy()
                for start in range(0, len(images), size)
            ]
        )


def _in_batches(classifier, images, size):
    """Logits of images, `(n, classes)`, one batch after the other."""
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


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose largest logit is the label's, in [0, 1]."""
    return float(np.mean(logits.argmax(axis=1) == labels))


@_quiet
def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-probability of the label, in nats."""
    log_p = log_softmax(logits.astype(np.float64), axis=1)
    return float(-np.mean(log_p[np.arange(len(labels)), labels]))


@_quiet
def calibration_error(logits: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error over 15 bins of equal width.

    The mean over all images of |accuracy - mean confidence| of the bin
    (k/15, (k+1)/15] that holds the image's confidence.

    Args:
        logits: float, `(n, classes)`.
        labels: int, `(n,)`.

    Returns:
        Error in [0, 1].
    """
    p = np.exp(log_softmax(logits.astype(np.float64), axis=1))
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == labels
    bins = np.ceil(confidence * _CALIBRATION_BINS).astype(int)
    gaps = [
        abs(np.sum(correct[bins == b]) - np.sum(confidence[bins == b]))
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps) / len(labels))


def confusion_counts(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Images by true class (row) and predicted class (column), int."""
    return confusion_matrix(
        labels, logits.argmax(axis=1), labels=np.arange(logits.shape[1])
    )


def report(logits: np.ndarray, labels: np.ndarray) -> dict:
    """All numbers of an evaluation.

    Args:
        logits: float, `(n, classes)`.
        labels: int, `(n,)`, in [0, classes).

    Returns:
        `num_examples`, `accuracy`, `nll` (nats), `calibration_error`, and
        `confusion_matrix`: row true class, column predicted class, counts.
    """
    return {
        "num_examples": len(labels),
        "accuracy": accuracy(logits, labels),
        "nll": negative_log_likelihood(logits, labels),
        "calibration_error": calibration_error(logits, labels),
        "confusion_matrix": confusion_counts(logits, labels).tolist(),
    }


def has_statistics(classifier: keras.Model) -> bool:
    """Whether the classifier has moving statistics of batch norm."""
    return any(
        isinstance(layer, BatchNorm | keras.layers.BatchNormalization)
        for layer in classifier._flatten_layers()
    )


def reestimate_statistics(
    classifier: keras.Model, images: np.ndarray, batch_size: int, steps: int
) -> None:
    """Moves batch-norm statistics by training-mode passes (test.py of vat_tf).

    Args:
        classifier: Changed in place: moving statistics, dropout state.
        images: float, `(n, ...)`, labeled training images.
        batch_size: Images in a pass, at most n.
        steps: Passes.
    """
    forward = tf.function(lambda batch: classifier(batch, training=True))
    rng = np.random.default_rng(0)
    for _ in range(steps):
        forward(images[rng.choice(len(images), batch_size, replace=False)])
