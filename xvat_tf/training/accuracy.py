"""The accuracy of a user's classifier as a Keras metric."""

import keras

from xvat_tf import perturbations
from xvat_tf.tags import ACCURACY, NAMES
from xvat_tf.training import own_data


class Accuracy(keras.metrics.MeanMetricWrapper):
    """Share of right predictions, of every form of labels and outputs.

    In the place of the "accuracy" that `compile` may be asked for: Keras' own
    would compare one logit with 0.5.
    """

    def __init__(self):
        super().__init__(_right, name=NAMES[ACCURACY])
        # Where EarlyStopping looks.
        self._direction = "up"


def _right(targets, outputs):
    labels = own_data.canonical(targets, outputs.shape[-1])
    return perturbations.correct(labels, perturbations.two_logits(outputs))


def with_accuracy(metrics) -> list | None:
    """Metrics of `compile`, one `Accuracy` for "accuracy" and "acc".

    Args:
        metrics: A metric, a list of them, or None.

    Returns:
        A list, or None if it would be empty.
    """
    if not isinstance(metrics, list | tuple):
        metrics = [] if metrics is None else [metrics]
    named = ("accuracy", "acc")
    return [Accuracy() if m in named else m for m in metrics] or None
