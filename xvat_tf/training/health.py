"""Whether training is what it seems: weights are numbers, and r is there."""

import math
import warnings
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.methods import Method
from xvat_tf.perturbations import probing_length
from xvat_tf.records.tags import NAMES, NORM

_REACHED = 0.99
# Share of the fitting length that is not too short.
_NEARLY = 0.3


def broken_weight(trainer) -> str | None:
    """Looks for weights that are not finite, which a finite loss can hide.

    ReLU on a CPU makes 0 of NaN, so a network of NaN gives the same logits
    for every input. Statistics and the mask generator are looked at too.

    Returns:
        Path of the first variable with such an entry, or None.
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

    Args:
        method: VAT with power iterations.
        images: float, some inputs of the classifier.
        unit: `perturbations.spacing` of its arithmetic.
        say: Takes the text.
        flag: How the option is written before its `=`.
    """

    def __init__(
        self,
        method: Method,
        images: tf.Tensor,
        unit: float,
        say: Callable[[str], None] = warnings.warn,
        flag: str = "xi",
    ):
        super().__init__()
        self._method, self._say, self._flag = method, say, flag
        self._fitting = float(tf.reduce_mean(probing_length(images, unit)))
        self._said = False

    def on_epoch_end(self, epoch, logs=None):
        reached = logs[NAMES[NORM]] / self._method.epsilon
        if self._said or not reached < _REACHED:
            return
        self._said = True
        self._say(
            f"about {100 * (1 - reached):.0f} % of the examples went without a"
            f" perturbation in epoch {epoch + 1}: the mean length of r is"
            f" {reached:.2f} of epsilon. {self._cause()}"
        )

    def _cause(self):
        length = self._method.probing_length
        if length > _NEARLY * self._fitting:
            return "The prediction does not change around them."
        given = f"{self._flag}={length:g}"
        return (
            f"The probing step of {given} is lost in rounding;"
            f" {self._flag}={self._fitting:.1g} is not."
        )


def say_if_lost(
    method: Method,
    images: tf.Tensor,
    unit: float,
    say: Callable[[str], None] = warnings.warn,
    flag: str = "epsilon",
) -> None:
    """Says if epsilon is so small that images and images + r are the same.

    An entry of r below half the distance of an entry of the images from the
    next number changes nothing. Arguments as in `ProbeCheck`.
    """
    if not method.searches_r:
        return
    # The L2 norm of the images: the fitting length is sqrt(unit) times it.
    norm = float(tf.reduce_mean(probing_length(images, unit))) / unit**0.5
    entries = math.prod(images.shape[1:])
    length = epsilon = method.acting()["epsilon"]
    if getattr(method, "norm", "l2") == "linf":
        length *= entries**0.5
    if length < unit * norm / 2:
        say(
            f"{flag}={epsilon:g} is lost in rounding: images and images"
            f" + r are the same numbers; {unit * norm:.1g} and above are not."
        )


def checks_of(method, images, unit) -> list[keras.callbacks.Callback]:
    """The callbacks of your own `fit`; arguments as in `ProbeCheck`."""
    say_if_lost(method, images, unit)
    given = method.probing_length is not None
    probes = [ProbeCheck(method, images, unit)] if given else []
    return [WeightCheck(), *probes]


def watched(callbacks, checks: Sequence[keras.callbacks.Callback]):
    """A user's callbacks of `fit`, the checks among them."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        for check in checks:
            callbacks.append(check)
        return callbacks
    return [*checks, *tf.nest.flatten(callbacks or [])]
