"""What the machine can do: a large matrix product."""

import time

import tensorflow as tf

_SIZE = 3072


class MatrixProduct:
    """A square product, long enough to be limited by arithmetic alone."""

    gflop = 2e-9 * _SIZE**3

    def __init__(self, dtype: str = "float32"):
        one = tf.random.stateless_normal((_SIZE, _SIZE), (1, 2))
        self._factor = tf.cast(one, dtype)
        self._function = tf.function(lambda a: tf.matmul(a, a)[0, 0])
        self()

    def __call__(self) -> float:
        """Multiplies once; seconds."""
        start = time.perf_counter()
        float(self._function(self._factor))
        return time.perf_counter() - start
