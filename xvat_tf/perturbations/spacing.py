"""How fine the numbers are that a classifier computes with."""

import keras
import tensorflow as tf

# Distance of 1 from the next number.
_SPACINGS = {
    "bfloat16": 2.0**-7,
    "float16": 2.0**-10,
    "float32": 2.0**-23,
    "float64": 2.0**-52,
}


def spacing(dtype: str) -> float:
    """Distance of 1 from the next number of a floating type.

    Args:
        dtype: Its name; of a smaller type than those of 16 bits, as bfloat16.
    """
    return _SPACINGS.get(dtype, _SPACINGS["bfloat16"])


def coarsest_spacing(classifier: keras.Model) -> float:
    """The largest `spacing` of the types that a classifier computes in."""
    types = {layer.compute_dtype for layer in classifier._flatten_layers()}
    if "float32" in types and _rounds_products():
        types.add("float16")  # TF32 has as many bits.
    return max(spacing(dtype) for dtype in types if "int" not in dtype)


def _rounds_products():
    """Whether products of float32 are TF32, as TensorFlow's are by itself."""
    enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    return enabled and bool(tf.config.list_physical_devices("GPU"))
