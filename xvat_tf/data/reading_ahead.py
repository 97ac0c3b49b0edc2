"""How batches are read: ahead, and so that reading stops at once."""

import tensorflow as tf

_BATCHES = 2


def read_ahead(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Prepares the next batches while one is used; the batches are the same."""
    return read_untuned(batches.prefetch(_BATCHES))


def read_untuned(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Reads without TensorFlow's tuner of threads and buffers.

    When an iterator is deleted, the tuner's thread may miss the signal to end
    and sleep on, for up to a minute.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.with_options(options)
