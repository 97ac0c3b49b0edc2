"""Noise on hidden units, in the perturbed pass of a step only."""

import contextlib
import contextvars
import itertools
from collections.abc import Callable

import keras
import tensorflow as tf

_draw: contextvars.ContextVar[Callable | None] = contextvars.ContextVar(
    "draw", default=None
)


@contextlib.contextmanager
def noisy(noise, first: int = 1):
    """Passes in this context add the noise of the `HiddenNoise` layers.

    It is `noise.normal(like, number)`, of a `StepNoise`; each layer, in the
    order of the pass, has a number of its own, counted from `first`.
    """
    numbers = itertools.count(first)
    token = _draw.set(lambda like: noise.normal(like, next(numbers)))
    try:
        yield
    finally:
        _draw.reset(token)


@keras.saving.register_keras_serializable(package="xvat_tf")
class HiddenNoise(keras.layers.Layer):
    """Adds Gaussian noise in the perturbed pass, and nothing in any other.

    A prediction that is held to the clean one under noise on hidden units
    too relies on no single unit. Neither in the paper nor in the released
    code.

    Args:
        stddev: Standard deviation of the noise, 0 or above.

    Call arguments:
        inputs: float, any shape. Gradient flows.

    Returns:
        Shape and type of `inputs`.
    """

    def __init__(self, stddev, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev
        self.built = True

    def call(self, inputs):
        draw = _draw.get()
        if draw is None:
            return inputs
        return inputs + tf.cast(self.stddev, inputs.dtype) * draw(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"stddev": self.stddev}
