"""Positions of the images of every batch; batch k follows from seed and k."""

import tensorflow as tf

_FOREVER = tf.int64.max


def index_batches(
    count: int,
    size: int,
    seed: tuple[int, int],
    *,
    start_step: int | tf.Tensor = 0,
    strata: int = 1,
    part: tuple[int, int] = (0, 1),
) -> tf.data.Dataset:
    """Batches of positions in a list, or one slice of each of them.

    Position i is of stratum i modulo `strata`. Every stratum is shuffled pass
    by pass on its own, and a batch has as many of each, one after the other: a
    slice of whole strata never meets the positions of another.

    Args:
        count: Length of the list; each stratum has `size / strata` or more.
        size: Positions in a batch of all slices, a multiple of `strata`.
        seed: Two integers.
        start_step: Number of the first batch.
        strata: Number of strata.
        part: `(r, R)`: the r-th of R equal slices; R divides `size`.

    Returns:
        Batch numbers, int64, with positions in [0, count), int32
        `(size / R,)`.
    """
    index, parts = part
    first, last = index * size // parts, (index + 1) * size // parts
    width = size // strata
    orders = []
    for k in range(first // width, -(-last // width)):
        cut = slice(max(first - k * width, 0), min(last - k * width, width))
        # One stratum keeps the numbers that there were before there were more.
        own_seed = seed if strata == 1 else tf.random.fold_in(seed, k)
        members = len(range(k, count, strata))
        batches = _of_one_stratum(members, width, own_seed, start_step, cut)
        orders.append(batches.map(lambda order, k=k: order * strata + k))
    steps = tf.data.Dataset.range(start_step, _FOREVER)
    merged = tf.data.Dataset.zip(*orders).map(
        lambda *parts: tf.concat(parts, axis=0)
    )
    return tf.data.Dataset.zip(steps, merged)


def _of_one_stratum(count, size, seed, start_step, cut):
    """Positions within a stratum, a slice `cut` of each batch of `size`.

    A pass is shuffled when it is reached; starting late skips whole passes
    unseen and at most one pass of positions, never images.
    """
    per_pass = count // size
    first_pass, done = start_step // per_pass, start_step % per_pass

    def one_pass(number):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=tf.random.fold_in(seed, number)
        )
        batches = tf.reshape(order[: per_pass * size], (per_pass, size))
        return tf.data.Dataset.from_tensor_slices(batches[:, cut])

    passes = tf.data.Dataset.range(first_pass, _FOREVER)
    return passes.flat_map(one_pass).skip(done)


def rows_in_order(
    count: int | None, size: int, start_step: int | tf.Tensor
) -> tf.data.Dataset:
    """Batches of positions as they lie, round and round, from a step on.

    Of a list of `count`, which is `size` or more, or None for one without end.
    Returns as `index_batches`; the last batch of a pass is filled up with the
    first positions.
    """

    def positions(step):
        rows = step * size + tf.range(size, dtype=tf.int64)
        return step, tf.cast(rows if count is None else rows % count, tf.int32)

    return tf.data.Dataset.range(start_step, _FOREVER).map(positions)
