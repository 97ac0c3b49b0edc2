"""Endless batches read from shards; batch k follows from seed and k alone."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from xvat_tf.data.augmentation import augmented_views
from xvat_tf.data.graph_scaling import graph_scaler
from xvat_tf.data.record_order import ordered_records
from xvat_tf.data.shard_files import Shards
from xvat_tf.data.unlabeled_shards import StreamedImages
from xvat_tf.errors import UserError

_INDEX_BYTES = 8
_FOREVER = tf.int64.max


def record_batches(
    images: StreamedImages,
    size: int,
    *,
    order_seed: tuple[int, int],
    augmentation_seeds: Sequence[tuple[int, int]],
    start_step: int = 0,
    shift: bool = False,
    flip: bool = False,
    strata: int = 1,
    own_strata: range | None = None,
) -> tf.data.Dataset:
    """Batches of unlabeled images without an end, read while they are used.

    A pass takes the files in a fresh order, a few side by side, and shuffles
    what comes `shuffle_buffer` records at a time; what is left of it and does
    not fill a batch is dropped. A start in the middle of a pass skips the
    files before it unseen and reads again part of one group of files.

    With S `strata` a batch has `size / S` images of each of them, where image
    i is of stratum i mod S; each stratum has passes of its own. A worker that
    has `own_strata` reads their files only, and workers together have the
    batch of one that has all, as None does. Seeds are two integers, those of
    the augmentation one for each view; the rest is as in `training_stream`.

    Returns:
        Dicts of `unlabeled_images`, float, `(n, *image_shape)`, perhaps with
        `second_unlabeled_images`, and `unlabeled_indices`, int32, `(n,)`, in
        [0, len(images)), with n = `size / S * len(own_strata)`.

    Raises:
        UserError: S does not divide the size or the number of files, or a
            stratum has too few images.
    """
    _check_division(size, strata, images.shards.num_shards)
    part, changes = size // strata, {"shift": shift, "flip": flip}

    def of_stratum(k):
        seeds = [order_seed, *augmentation_seeds]
        if strata > 1:
            seeds = [tf.random.fold_in(seed, k) for seed in seeds]
        files = range(k, images.shards.num_shards, strata)
        records = ordered_records(images, files, part, seeds[0], start_step)
        steps = tf.data.Dataset.range(start_step, _FOREVER)
        read = _reader(images, part, seeds[1:], changes)
        return tf.data.Dataset.zip(steps, records).map(read, -1)

    parts = map(of_stratum, range(strata) if own_strata is None else own_strata)
    return tf.data.Dataset.zip(*parts).map(_joined)


def _check_division(size, strata, num_shards):
    for name, number in (("--ul_batch_size", size), ("num_shards", num_shards)):
        if number % strata:
            raise UserError(
                f"{name}={number} is not a multiple of the {strata} strata"
                " that images are drawn from: give one that is."
            )


def _joined(*parts):
    if len(parts) == 1:
        return parts[0]
    return {
        key: tf.concat([part[key] for part in parts], axis=0)
        for key in parts[0]
    }


def _reader(images, size, seeds, changes):
    """A function of step and records to a batch."""
    shards, scale = images.shards, graph_scaler(images.scaler)

    def read(step, records):
        content = tf.io.decode_raw(records, tf.uint8)
        content = tf.reshape(content, (size, _INDEX_BYTES + shards.image_bytes))
        indices = tf.bitcast(content[:, :_INDEX_BYTES], tf.int64)
        tf.debugging.assert_non_negative(indices)
        tf.debugging.assert_less(indices, tf.constant(len(images), tf.int64))
        batch = scale(_values(content[:, _INDEX_BYTES:], shards))
        views = augmented_views(
            "unlabeled_images", batch, step, seeds, **changes
        )
        return views | {"unlabeled_indices": tf.cast(indices, tf.int32)}

    return read


def _values(content: tf.Tensor, shards: Shards):
    """Bytes `(n, image_bytes)` to stored images `(n, *shape)`."""
    width = np.dtype(shards.dtype).itemsize
    if width > 1:
        content = tf.reshape(content, (-1, shards.image_bytes // width, width))
        content = tf.bitcast(content, shards.dtype)
        content = tf.debugging.check_numerics(content, "an unlabeled image")
    return tf.reshape(content, (-1, *shards.shape))
