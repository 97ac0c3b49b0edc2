"""Endless batches read from shards; batch k follows from seed and k alone."""

import contextlib
import os
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from xvat_tf.data.augmentation import augment
from xvat_tf.data.graph_scaling import graph_scaler
from xvat_tf.data.shard_files import Shards
from xvat_tf.data.streamed_images import StreamedImages
from xvat_tf.errors import UserError, reason

# Files read side by side, a record of each in turn. More of them mix no
# better once the files are shuffled, and cost more to skip at a restart.
_SIDE_BY_SIDE = 4
_INDEX_BYTES = 8
_FOREVER = tf.int64.max
_OF_FILES = (
    tf.errors.DataLossError,
    tf.errors.FailedPreconditionError,
    tf.errors.InvalidArgumentError,
    tf.errors.NotFoundError,
    tf.errors.PermissionDeniedError,
    tf.errors.UnknownError,
)


def record_batches(
    images: StreamedImages,
    size: int,
    *,
    order_seed: tuple[int, int],
    augmentation_seed: tuple[int, int],
    start_step: int = 0,
    shift: bool = False,
    flip: bool = False,
    num_classes: int = 1,
    classes: range | None = None,
) -> tf.data.Dataset:
    """Batches of unlabeled images without an end, read while they are used.

    A pass takes the files in a fresh order, a few side by side, and shuffles
    what comes `shuffle_buffer` records at a time; what is left of it and does
    not fill a batch is dropped. A start in the middle of a pass skips the
    files before it unseen and reads again part of one group of files.

    With `num_classes` S a batch is a part of `size / S` images of each class,
    where image i is of class i mod S; each class has passes of its own. A
    worker that owns some `classes` reads their files only, and workers
    together have the batch of one that owns all.

    Args:
        images: The images.
        size: Images in a batch of all classes, a multiple of `num_classes`.
        order_seed: Two integers, 0 to 2^32 - 1.
        augmentation_seed: Two integers.
        start_step: First batch.
        shift: See `augment`.
        flip: See `augment`.
        num_classes: S, which divides the number of files.
        classes: Classes to read; None is all.

    Returns:
        Dicts of `unlabeled_images`, float, `(n, *image_shape)`, and
        `unlabeled_indices`, int32, `(n,)`, in [0, len(images)), with n =
        `size / S * len(classes)`.

    Raises:
        UserError: The numbers do not divide, or a class has too few images.
    """
    _check_division(size, num_classes, images.shards.num_shards)
    part, changes = size // num_classes, {"shift": shift, "flip": flip}

    def of_class(k):
        seeds = [order_seed, augmentation_seed]
        if num_classes > 1:
            seeds = [tf.random.fold_in(seed, k) for seed in seeds]
        files = range(k, images.shards.num_shards, num_classes)
        records = _record_batches(images, files, part, seeds[0], start_step)
        steps = tf.data.Dataset.range(start_step, _FOREVER)
        read = _reader(images, part, seeds[1], changes)
        return tf.data.Dataset.zip(steps, records).map(read, -1)

    parts = map(of_class, range(num_classes) if classes is None else classes)
    return tf.data.Dataset.zip(*parts).map(_joined)


def _check_division(size, num_classes, num_shards):
    for name, number in (("--ul_batch_size", size), ("num_shards", num_shards)):
        if number % num_classes:
            raise UserError(
                f"{name}={number} is no multiple of the {num_classes} classes"
                " that images are sharded in: give one."
            )


def _joined(*parts):
    if len(parts) == 1:
        return parts[0]
    return {
        key: tf.concat([part[key] for part in parts], axis=0)
        for key in parts[0]
    }


def _record_batches(images, files, size, seed, start_step):
    """Records, string `(size,)`, of passes over some files."""
    shards = images.shards
    paths = tf.constant([os.fsencode(shards.file(n)) for n in files])
    counts = np.array([shards.file_count(n) for n in files])
    count = int(counts.sum())
    if size > count:
        raise UserError(
            f"a batch takes {size} images of {count} in {shards.path}: lower"
            " --ul_batch_size."
        )
    per_pass = count // size
    first_pass, done = divmod(start_step, per_pass)
    # All classes together have the buffer that was asked for.
    share = images.shuffle_buffer * len(files) // shards.num_shards
    buffer = min(max(share, 1), count)

    def one_pass(number):
        begun = tf.where(number == first_pass, tf.constant(done, tf.int64), 0)
        seeds = tf.random.split(tf.random.fold_in(seed, number), 2)
        order = _shuffled_range(len(files), seeds[0])
        first = begun * size // buffer * buffer
        records = _records(
            tf.gather(paths, order), tf.gather(counts, order), first
        )
        # A file that lost its end meanwhile must not shift later batches.
        whole = tf.data.experimental.assert_cardinality(count - first)
        records = records.apply(whole)
        blocks = _shuffled_blocks(records, buffer, seeds[1], begun * size)
        return blocks.prefetch(1).rebatch(size, drop_remainder=True)

    return tf.data.Dataset.range(first_pass, _FOREVER).flat_map(one_pass)


def _records(paths, counts, start):
    """Records of files in their order, from the `start`-th on."""
    ends = tf.cumsum(counts)[_SIDE_BY_SIDE - 1 :: _SIDE_BY_SIDE]
    groups = tf.math.count_nonzero(ends <= start)
    skipped = tf.concat([tf.zeros(1, tf.int64), ends], axis=0)[groups]
    files = tf.data.Dataset.from_tensor_slices(paths)
    together = files.skip(groups * _SIDE_BY_SIDE).batch(_SIDE_BY_SIDE)
    return together.flat_map(_interleaved).skip(start - skipped)


def _interleaved(paths):
    return tf.data.Dataset.from_tensor_slices(paths).interleave(
        tf.data.TFRecordDataset,
        cycle_length=_SIDE_BY_SIDE,
        block_length=1,
    )


def _shuffled_blocks(records, buffer, seed, start):
    """Blocks of records, each shuffled, without those before `start`.

    Blocks, not `Dataset.shuffle`: its order depends on the global seed as
    well, and it cannot start in the middle.
    """
    first = start // buffer

    def shuffle(block, found):
        order = _shuffled_range(tf.size(found), tf.random.fold_in(seed, block))
        seen = tf.where(block == first, start - first * buffer, 0)
        return tf.gather(found, order[seen:])

    return records.batch(buffer).enumerate(first).map(shuffle)


def _shuffled_range(count, seed):
    return tf.random.experimental.stateless_shuffle(tf.range(count), seed=seed)


def _reader(images, size, seed, changes):
    """A function of step and records to a batch."""
    shards, scale = images.shards, graph_scaler(images.scaler)

    def read(step, records):
        content = tf.io.decode_raw(records, tf.uint8)
        content = tf.reshape(content, (size, _INDEX_BYTES + shards.image_bytes))
        indices = tf.bitcast(content[:, :_INDEX_BYTES], tf.int64)
        batch = scale(_values(content[:, _INDEX_BYTES:], shards))
        if any(changes.values()):
            batch = augment(batch, tf.random.fold_in(seed, step), **changes)
        return {
            "unlabeled_images": batch,
            "unlabeled_indices": tf.cast(indices, tf.int32),
        }

    return read


def _values(content: tf.Tensor, shards: Shards):
    """Bytes `(n, image_bytes)` to stored images `(n, *shape)`."""
    width = np.dtype(shards.dtype).itemsize
    if width > 1:
        content = tf.reshape(content, (len(content), -1, width))
        content = tf.bitcast(content, shards.dtype)
    return tf.reshape(content, (len(content), *shards.shape))


@contextlib.contextmanager
def damage_named(images) -> Iterator[None]:
    """Tells a failure to read shards in one line that names the file.

    Args:
        images: `StreamedImages`; with an array nothing is changed.

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
        for _ in records.batch(1000):
            pass
    except tf.errors.OpError as error:
        return reason(error).split(" [Op:")[0]
    return None
