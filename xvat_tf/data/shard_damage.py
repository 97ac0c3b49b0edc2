"""Shards that turn out to be damaged while they are read."""

import contextlib
import os
from collections.abc import Iterator

import tensorflow as tf

from xvat_tf.data.unlabeled_shards import StreamedImages
from xvat_tf.errors import reason

_OF_FILES = (
    tf.errors.DataLossError,
    tf.errors.FailedPreconditionError,
    tf.errors.InvalidArgumentError,
    tf.errors.NotFoundError,
    tf.errors.PermissionDeniedError,
    tf.errors.UnknownError,
)


@contextlib.contextmanager
def damage_named(images) -> Iterator[None]:
    """Tells a failure to read shards in one line that names the file.

    With an array in place of `StreamedImages` nothing is changed.

    Raises:
        UserError: A shard is missing or damaged.
    """
    try:
        yield
    except _OF_FILES as error:
        if isinstance(images, StreamedImages):
            _raise_damage(images.shards, error)
        raise


def _raise_damage(shards, error):
    for number in range(shards.num_shards):
        fault = shards.file_fault(number) or _content_fault(shards, number)
        if fault:
            raise shards.damaged(number, fault) from error


def _content_fault(shards, number):
    """What reading all of a file says; None if it is whole."""
    records = tf.data.TFRecordDataset(os.fsencode(shards.file(number)))
    try:
        faults = (
            shards.record_fault(record, number + row * shards.num_shards)
            for row, record in enumerate(records.as_numpy_iterator())
        )
        return next(filter(None, faults), None)
    except tf.errors.OpError as error:
        return reason(error).split(" [Op:")[0]
