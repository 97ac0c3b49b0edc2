"""What predictions are worth: accuracy, likelihood, calibration.

Of logits, float, `(n, classes)`, and labels, int, `(n,)`, in [0, classes).
"""

import numpy as np
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix

_CALIBRATION_BINS = 15
# Of a diverged classifier the numbers are NaN, which says enough.
_quiet = np.errstate(invalid="ignore", over="ignore")


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
    """Mean |accuracy - mean confidence|, in [0, 1], of the images' bins.

    They are those of `reliability`: the expected calibration error.
    """
    counts, confidence, right = reliability(logits, labels)
    return float(np.sum(counts * abs(right - confidence)) / len(labels))


@_quiet
def reliability(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compares confidence with accuracy, in bins (k/15, (k+1)/15] of it.

    Returns the number of images, mean confidence and accuracy of each bin with
    an image, ascending.
    """
    p = np.exp(log_softmax(logits.astype(np.float64), axis=1))
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == labels
    bins = np.ceil(confidence * _CALIBRATION_BINS).astype(int)
    _, places, counts = np.unique(bins, return_inverse=True, return_counts=True)
    mean_confidence = np.bincount(places, confidence) / counts
    return counts, mean_confidence, np.bincount(places, correct) / counts


def confusion_counts(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Images by true class (row) and predicted class (column), int."""
    return confusion_matrix(
        labels, logits.argmax(axis=1), labels=np.arange(logits.shape[1])
    )


def report(logits: np.ndarray, labels: np.ndarray) -> dict:
    """All numbers of an evaluation, by name."""
    return {
        "num_examples": len(labels),
        "accuracy": accuracy(logits, labels),
        "nll": negative_log_likelihood(logits, labels),
        "calibration_error": calibration_error(logits, labels),
        "confusion_matrix": confusion_counts(logits, labels).tolist(),
    }
