"""Random numbers of a training step as a pure function of seed and step."""

import tensorflow as tf

# A replica's place in the draw is that of its share of the batch.
_DRAWS = {
    "normal": tf.raw_ops.StatelessRandomNormalV2,
    "uniform": tf.raw_ops.StatelessRandomUniformV2,
}
_WHOLE = {
    "normal": tf.random.stateless_normal,
    "uniform": tf.random.stateless_uniform,
}
_PHILOX = 1
_SEEDS = 2**32  # No seed is this large.


class StepNoise:
    """Draws the noise of one step; the same seed and step draw the same.

    Nothing has to be stored to resume a run, and no draw depends on how many
    came before. Draw 0 is the start direction of vat, or mask noise; further
    numbers are those of hidden layers.

    The seed of a run is in [0, 2**32). A replica, by its number, draws its
    share of what one would draw for the global batch; None all of it.
    """

    def __init__(
        self,
        seed: int,
        step: tf.Tensor | int,
        replica: tf.Tensor | int | None = None,
    ):
        self._seed = tf.stack(
            [tf.constant(seed, tf.int64), tf.cast(step, tf.int64)]
        )
        self._replica = replica

    def normal(self, like: tf.Tensor, number: int = 0) -> tf.Tensor:
        """N(0, 1) numbers, shape and dtype of `like`, of a numbered draw."""
        seed = self._seed + tf.constant([number * _SEEDS, 0], tf.int64)
        exact = like.dtype if like.dtype.size >= 4 else tf.float32
        return tf.cast(self._draw("normal", like, seed, exact), like.dtype)

    def uniform(self, like: tf.Tensor) -> tf.Tensor:
        """U[0, 1) numbers, shape and dtype of `like`."""
        return self._draw("uniform", like, self._seed, like.dtype)

    def _draw(self, kind, like, seed, dtype):
        if self._replica is None:
            return _WHOLE[kind](tf.shape(like), seed, dtype=dtype)
        size = tf.size(like, tf.int64)
        start = tf.cast(self._replica, tf.int64) * size
        numbers = draw_slice(kind, seed, start, size, dtype)
        return tf.reshape(numbers, tf.shape(like))


def draw_slice(
    kind: str,
    seed: tf.Tensor,
    start: tf.Tensor | int,
    size: tf.Tensor | int,
    dtype: tf.DType,
) -> tf.Tensor:
    """Entries [start, start + size) of a flat stateless draw, without gradient.

    Of `"normal"` or `"uniform"` numbers, `tf.random.stateless_...` of a seed,
    int64, `(2,)`. Philox numbers its outputs: each count of its counter gives
    128 bits, 4 numbers of 32 bits or 2 of 64, so nothing before the slice is
    drawn.
    """
    per_count = 16 // dtype.size
    start, size = tf.cast(start, tf.int64), tf.cast(size, tf.int64)
    skipped, rest = start // per_count, start % per_count
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    counter = _advanced(counter, tf.cast(skipped, tf.uint64))
    numbers = _DRAWS[kind](
        shape=[size + rest], key=key, counter=counter, alg=_PHILOX, dtype=dtype
    )
    return numbers[rest:]


def _advanced(counter, count):
    """A counter of two 64-bit words, low word first, plus `count`."""
    low = counter[0] + count
    carry = tf.cast(low < counter[0], tf.uint64)
    return tf.stack([low, counter[1] + carry])
