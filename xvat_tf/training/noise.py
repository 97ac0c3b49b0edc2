"""Random numbers of a training step as a pure function of seed and step."""

import tensorflow as tf


class StepNoise:
    """Draws the noise of one step; the same seed and step draw the same.

    Nothing has to be stored to resume a run, and no draw depends on how many
    came before. A step draws once (start direction of vat, or mask noise).

    Args:
        seed: Seed of the run, int in [0, 2**32).
        step: Step, int or integer scalar tensor.
    """

    def __init__(self, seed: int, step: tf.Tensor | int):
        self._seed = tf.stack(
            [tf.constant(seed, tf.int64), tf.cast(step, tf.int64)]
        )

    def normal(self, like: tf.Tensor) -> tf.Tensor:
        """N(0, 1) numbers, shape and dtype of `like`."""
        return tf.random.stateless_normal(
            tf.shape(like), self._seed, dtype=like.dtype
        )

    def uniform(self, like: tf.Tensor) -> tf.Tensor:
        """U[0, 1) numbers, shape and dtype of `like`."""
        return tf.random.stateless_uniform(
            tf.shape(like), self._seed, dtype=like.dtype
        )
