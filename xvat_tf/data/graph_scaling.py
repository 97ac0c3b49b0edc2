"""The scalings of `scaling` as TensorFlow functions, for batches read."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from xvat_tf.data.scaling import RangeScaler, Scaler, ZcaScaler


def graph_scaler(scaler: Scaler) -> Callable[[tf.Tensor], tf.Tensor]:
    """The same map as a scaler, on tensors.

    Pixel ranges and floats come out with the same bits. A whitening is one
    matrix product a batch and differs by rounding. No gradient.
    """
    if isinstance(scaler, RangeScaler):
        return _looked_up(scaler)
    if isinstance(scaler, ZcaScaler):
        return _whitened(scaler)
    return lambda images: tf.cast(images, scaler.dtype)


def _looked_up(scaler):
    """The scaler's value of each level: TensorFlow may divide otherwise."""
    levels = on_host(scaler(np.arange(256, dtype=np.uint8)))
    return lambda images: tf.gather(levels, tf.cast(images, tf.int32))


def _whitened(scaler):
    mean = on_host(scaler.zca.mean.astype(scaler.dtype))
    components = on_host(scaler.zca.components.T.astype(scaler.dtype))

    def whiten(images):
        """See `zca.flatten`: channels first, in [-0.5, 0.5]."""
        _, height, width, channels = images.shape
        planes = tf.transpose(tf.cast(images, scaler.dtype), (0, 3, 1, 2))
        rows = tf.reshape(planes, (-1, channels * height * width))
        white = ((rows - 127.5) / 255 - mean) @ components
        planes = tf.reshape(white, (-1, channels, height, width))
        return tf.transpose(planes, (0, 2, 3, 1))

    return whiten


def on_host(array) -> tf.Tensor:
    """An eager tensor: datasets refer to it, graphs do not swallow it."""
    with tf.device("/cpu:0"):
        return tf.constant(array)
