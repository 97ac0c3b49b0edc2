"""The optimizers, and what changes in training by the step."""

import keras
import tensorflow as tf

from xvat_tf.methods import Consistency, Growth, Method
from xvat_tf.settings import TrainSettings
from xvat_tf.training.optimizers import FusedAdam, FusedMomentum


def learning_rate(settings: TrainSettings, step: int) -> float:
    """Learning rate of the classifier after a number of steps, 0 or above.

    Linear, as in vat_tf: constant until `epoch_decay_start`, then
    (E - e) / (E - start) of it in epoch e. Exponential, as the MNIST runs of
    the paper: times `lr_decay` after every `lr_decay_steps`.
    """
    initial = settings.learning_rate
    if settings.lr_schedule == "exponential":
        return initial * settings.lr_decay ** (step // settings.lr_decay_steps)
    epoch = step // settings.num_iter_per_epoch
    if epoch < settings.epoch_decay_start:
        return initial
    remaining = max(settings.num_epochs - epoch, 0)
    span = max(settings.num_epochs - settings.epoch_decay_start, 1)
    return initial * remaining / span


def beta_1(settings: TrainSettings, step: int) -> float:
    """Adam's beta_1 at a step: mom1, and mom2 once linear decay has begun."""
    decays = settings.lr_schedule == "linear"
    epoch = step // settings.num_iter_per_epoch
    if decays and epoch >= settings.epoch_decay_start:
        return settings.mom2
    return settings.mom1


def growth(settings: Method, step: tf.Tensor | int | None) -> tf.Tensor | float:
    """Share of its full size, in [0, 1], that a perturbation has at a step.

    From `growth_start` it grows linearly to 1 over `growth_steps`; a method
    without growth, and step None, have the full size.
    """
    if step is None or not isinstance(settings, Growth) or not settings.grows:
        return 1.0
    done = tf.cast(step, keras.config.floatx()) / settings.growth_steps
    start = settings.growth_start
    return start + (1 - start) * tf.minimum(done, 1.0)


def ramp_up(
    settings: Consistency, step: tf.Tensor | int | None
) -> tf.Tensor | float:
    """Share of its weight, in (0, 1], that a consistency has at a step.

    exp(-5 (1 - step / T)^2) until step T = `ramp_up_steps`, then 1, as at step
    None (Laine and Aila, section 3.1).
    """
    if step is None or not settings.ramp_up_steps:
        return 1.0
    done = tf.cast(step, keras.config.floatx()) / settings.ramp_up_steps
    return tf.exp(-5 * tf.square(1 - tf.minimum(done, 1.0)))


def classifier_optimizer(settings: TrainSettings) -> keras.optimizers.Optimizer:
    """Adam with the official epsilon of 1e-8, or SGD with momentum.

    For float16 in a `LossScaleOptimizer`.
    """
    if settings.optimizer == "sgd":
        optimizer = FusedMomentum(settings.learning_rate, settings.momentum)
    else:
        optimizer = FusedAdam(settings.learning_rate, settings.mom1)
    if settings.precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def generator_optimizer(
    ascent: str, step_size: float
) -> keras.optimizers.Optimizer:
    """The optimizer of a mask generator, by `Masks.ascent`.

    `"adam"` is the paper's for the inductive generator and the released code's
    for both; of a table it reads and writes all rows and as many moments twice.
    `"sgd"`, the paper's for a table, touches the drawn rows only. A step size
    is 0 or above.
    """
    return {"sgd": keras.optimizers.SGD, "adam": FusedAdam}[ascent](step_size)


class Schedule:
    """Learning rate and Adam's beta_1 of every step, as the optimizer's.

    Computed on the host, in double precision, for the steps of a call.
    """

    def __init__(
        self, settings: TrainSettings, optimizer: keras.optimizers.Optimizer
    ):
        self._settings = settings
        self._variables = [(optimizer.learning_rate, learning_rate)]
        if settings.optimizer == "adam":
            self._variables.append((optimizer.beta_1, beta_1))

    @property
    def spec(self) -> list[tf.TensorSpec]:
        """Shapes and types of `values`, of any number of steps."""
        return [tf.TensorSpec([None], v.dtype) for v, _ in self._variables]

    def values(self, step: int, count: int) -> list[tf.Tensor]:
        """What each variable is at steps from `step` on, float `(count,)`."""
        steps = range(step, step + count)
        return [
            tf.constant([at(self._settings, s) for s in steps], variable.dtype)
            for variable, at in self._variables
        ]

    def assign(self, values: list[tf.Tensor], i: tf.Tensor | int) -> None:
        """Sets the variables to entry `i` of their `values`."""
        for (variable, _), of_steps in zip(
            self._variables, values, strict=True
        ):
            variable.assign(of_steps[i])
