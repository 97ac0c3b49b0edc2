"""Arrays that pipelines read."""

import tensorflow as tf


def on_host(array) -> tf.Tensor:
    """An eager tensor: datasets refer to it, graphs do not swallow it."""
    with tf.device("/cpu:0"):
        return tf.constant(array)
