"""How batches are read: ahead, stopping at once, with errors of ours."""

import contextlib
import re
from collections.abc import Iterator

import tensorflow as tf

from xvat_tf.errors import UserError

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


@contextlib.contextmanager
def faults_told() -> Iterator[None]:
    """Raises the UserError again that TensorFlow made an error of its own."""
    try:
        yield
    except tf.errors.OpError as error:
        found = re.search("UserError: (.+)", error.message)
        if found is None:
            raise
        raise UserError(found[1]) from None
