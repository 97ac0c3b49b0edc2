"""An exponential moving average of a network's weights."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf


class WeightAverage:
    """A moving average of the weights and moving statistics of a network.

    After step t it takes (1 - d) of the network and keeps d of itself, with
    d = min(decay, 1 - 1 / (t + 1)): at first it is the plain mean of all
    weights so far (Tarvainen and Valpola, 2017, and their code). `use_ema` of
    Keras' optimizers leaves the statistics of batch norm out, and puts the
    averages in the place of the weights when `fit` ends, so that training in
    two parts would not be training in one.

    `variables` are in the order of the built network's, but for random states.
    """

    def __init__(self, network: keras.Model, decay: float):
        self._decay = decay
        self._sources = [v for v in network.variables if "float" in v.dtype]
        self.variables = [
            keras.Variable(v.numpy(), trainable=False, dtype=v.dtype)
            for v in self._sources
        ]

    def move(self, step: tf.Tensor) -> None:
        """Moves the averages towards the network, after so many steps."""
        kept = 1 - 1 / (tf.cast(step, tf.float64) + 1)
        taken = 1 - tf.minimum(tf.constant(self._decay, tf.float64), kept)
        for source, average in self._pairs:
            change = tf.convert_to_tensor(source) - average
            average.assign(average + tf.cast(taken, change.dtype) * change)

    def values(self) -> list[tuple[keras.Variable, tf.Tensor]]:
        """Variables of the network, and the averages they stand for."""
        return [(v, tf.convert_to_tensor(mean)) for v, mean in self._pairs]

    def in_use(self) -> contextlib.AbstractContextManager:
        """A context whose passes have averaged weights; nothing is assigned."""
        return keras.StatelessScope(state_mapping=self.values())

    @contextlib.contextmanager
    def swapped(self) -> Iterator[None]:
        """A context in which the network's variables hold the averages."""
        kept = [source.numpy() for source in self._sources]
        try:
            for source, average in self._pairs:
                source.assign(average)
            yield
        finally:
            for source, value in zip(self._sources, kept, strict=True):
                source.assign(value)

    @property
    def _pairs(self):
        return zip(self._sources, self.variables, strict=True)
