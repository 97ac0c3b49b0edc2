"""What machine this is, and what its accelerator holds."""

import importlib.metadata
import os
import platform
import subprocess
import time

import tensorflow as tf

from xvat_tf.reference.side_by_side import channel

_DRIVER = ("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
# A GPU takes a product of the CPU's size in less time than it takes to ask.
_SIZES = {"CPU": 3072, "GPU": 8192}
_TYPES = {
    "CPU": ("float32", "bfloat16"),
    "GPU": ("float32", "TF32", "bfloat16", "float16"),
}


def this_machine() -> dict:
    """Cores, processor, GPU and driver, and versions, for a table's head."""
    found = {"cores": os.cpu_count(), "processor": _processor()} | _gpu()
    for package in ("tensorflow", "keras"):
        found[package] = importlib.metadata.version(package)
    return found | {"python": platform.python_version()}


def reset_peak_memory() -> None:
    """Lets `peak_memory` start from what is held now."""
    channel.reset_peak_memory()
    for _ in tf.config.list_physical_devices("GPU")[:1]:
        tf.config.experimental.reset_memory_stats("GPU:0")


def peak_memory() -> int:
    """Most bytes that the GPU held; without one, that this process held."""
    if tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    return channel.peak_memory()


def _gpu():
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return {}
    details = tf.config.experimental.get_device_details(gpus[0])
    driver = _said_by(*_DRIVER).strip().splitlines() or ["unknown"]
    return {
        "GPU": details.get("device_name", "unknown"),
        "driver": driver[0].strip(),
        "CUDA": tf.sysconfig.get_build_info().get("cuda_version", "unknown"),
    }


def _processor():
    lines = dict(
        line.split(":", 1)
        for line in _said_by("lscpu").splitlines()
        if ":" in line
    )
    return lines.get("Model name", platform.machine()).strip()


def _said_by(*words):
    """What a program prints; nothing if there is no such program."""
    try:
        return subprocess.run(words, capture_output=True, text=True).stdout
    except OSError:
        return ""


class MatrixProduct:
    """A square product, long enough to be limited by arithmetic alone.

    Of numbers of a type, or `"TF32"`, products of rounded float32's.
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

    Of so many products of each the fastest counts.
    """
    rates = {}
    for kind in _TYPES[_device()]:
        product = MatrixProduct(kind)
        seconds = min(product() for _ in range(rounds))
        rates[kind] = product.gflop / seconds
    return rates


def _device():
    return "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
