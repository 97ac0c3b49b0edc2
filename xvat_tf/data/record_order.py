"""The order of records; batch k follows from seed and k alone."""

import os

import numpy as np
import tensorflow as tf

from xvat_tf.data.unlabeled_shards import StreamedImages
from xvat_tf.errors import UserError

# Files read side by side, a record of each in turn. More of them mix no
# better once the files are shuffled, and cost more to skip at a restart.
_SIDE_BY_SIDE = 4
_FOREVER = tf.int64.max


def ordered_records(
    images: StreamedImages,
    files: range,
    size: int,
    seed: tuple[int, int] | tf.Tensor,
    start_step: int,
) -> tf.data.Dataset:
    """Batches of records without an end, from a step on.

    Of the files of these numbers, in an order that follows from the seed, two
    integers.

    Returns:
        string, `(size,)`, no record twice in a pass over the files.

    Raises:
        UserError: The files hold fewer records than a batch.
    """
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
    # All strata together have the buffer that was asked for.
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
