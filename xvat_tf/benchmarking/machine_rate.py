"""What the machine can do: a large matrix product."""

import time

import tensorflow as tf

# A GPU takes a product of the CPU's size in less time than it takes to ask.
_SIZES = {"CPU": 3072, "GPU": 8192}
_TYPES = {
    "CPU": ("float32", "bfloat16"),
    "GPU": ("float32", "TF32", "bfloat16", "float16"),
}


class MatrixProduct:
    """A square product, long enough to be limited by arithmetic alone.

    Args:
        kind: Type of the matrices, or `"TF32"`, products of which are rounded
            float32's.
    """

    def __init__(self, kind: str = "float32"):
        size = _SIZES[_device()]
        self.gflop = 2e-9 * size**3
        self._rounded = kind == "TF32"
        one = tf.random.stateless_normal((size, size), (1, 2))
        self._factor = tf.cast(one, "float32" if self._rounded else kind)
        self._function = tf.function(lambda a: tf.matmul(a, a)[0, 0])
        self()

    def __call__(self) -> float:
        """Multiplies once; seconds."""
        experimental = tf.config.experimental
        before = experimental.tensor_float_32_execution_enabled()
        experimental.enable_tensor_float_32_execution(self._rounded)
        start = time.perf_counter()
        float(self._function(self._factor))
        seconds = time.perf_counter() - start
        experimental.enable_tensor_float_32_execution(before)
        return seconds


def gflop_per_second(rounds: int) -> dict[str, float]:
    """Measures the rate of each type of number that the device multiplies.

    Args:
        rounds: Products of each, the fastest of which counts.
    """
    rates = {}
    for kind in _TYPES[_device()]:
        product = MatrixProduct(kind)
        seconds = min(product() for _ in range(rounds))
        rates[kind] = product.gflop / seconds
    return rates


def _device():
    return "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
