"""Whether training is what it seems: weights are numbers, and r is there."""

import warnings
from collections.abc import Callable, Sequence
from typing import TypeAlias

import keras
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.methods import Method
from xvat_tf.perturbations import coarsest_spacing, probing_length
from xvat_tf.records.tags import NAMES, NORM

Say: TypeAlias = Callable[[str], None]
_REACHED = 0.99
# Share of the fitting length that is not too short.
_NEARLY = 0.3


def broken_weight(trainer) -> str | None:
    """Path of the first variable of the networks that is not finite, if any.

    A finite loss can hide it: ReLU on a CPU makes 0 of NaN, so a network of
    NaN gives the same logits for every input.
    """
    parts = (trainer.classifier, trainer.generator)
    for variable in (v for part in parts if part for v in part.variables):
        value = tf.convert_to_tensor(variable)
        if value.dtype.is_floating and not tf.reduce_all(
            tf.math.is_finite(value)
        ):
            return variable.path
    return None


class WeightCheck(keras.callbacks.Callback):
    """Ends `fit` after an epoch that leaves weights that are not finite."""

    def on_epoch_end(self, epoch, logs=None):
        broken = broken_weight(self.model)
        if broken is not None:
            raise UserError(
                f"the weights are not finite after epoch {epoch + 1} of this"
                f" fit, first those of {broken}: lower the learning rate or"
                " epsilon, and start from new weights."
            )


class ProbeCheck(keras.callbacks.Callback):
    """Says once if examples went without r because a given xi rounds away.

    Of VAT with power iterations; a step of length `fitting` does not.
    """

    def __init__(self, method: Method, fitting: float, say: Say):
        super().__init__()
        self._method, self._fitting, self._say = method, fitting, say
        self._said = False

    def on_epoch_end(self, epoch, logs=None):
        reached = logs[NAMES[NORM]] / self._method.epsilon
        if self._said or not reached < _REACHED:
            return
        self._said = True
        length = self._method.probing_length
        cause = "The prediction does not change around them."
        if length <= _NEARLY * self._fitting:
            cause = (
                f"The probing step of xi={length:g} is lost in rounding;"
                f" xi={self._fitting:.1g} is not."
            )
        self._say(
            f"about {100 * (1 - reached):.0f} % of the examples went without a"
            f" perturbation in epoch {epoch + 1}: the mean length of r is"
            f" {reached:.2f} of epsilon. {cause}"
        )


def probe_checks(
    method: Method,
    classifier: keras.Model,
    images: tf.Tensor,
    say: Say = warnings.warn,
) -> list[keras.callbacks.Callback]:
    """Callbacks that look for a lost r, of a method that is given an xi.

    Of some of the classifier's inputs, float.
    """
    if method.probing_length is None:
        return []
    lengths = probing_length(images, coarsest_spacing(classifier))
    return [ProbeCheck(method, float(tf.reduce_mean(lengths)), say)]


def watched(callbacks, checks: Sequence[keras.callbacks.Callback]):
    """A user's callbacks of `fit`, checks of weights and others among them."""
    checks = [WeightCheck(), *checks]
    if isinstance(callbacks, keras.callbacks.CallbackList):
        for check in checks:
            callbacks.append(check)
        return callbacks
    return [*checks, *tf.nest.flatten(callbacks or [])]
