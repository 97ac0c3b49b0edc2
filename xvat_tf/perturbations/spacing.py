"""How fine the numbers are that a classifier computes with."""

import keras

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
    """The largest `spacing` of the types that a classifier's layers compute in.

    Args:
        classifier: Any Keras model.
    """
    types = {layer.compute_dtype for layer in classifier._flatten_layers()}
    return max(spacing(dtype) for dtype in types if "int" not in dtype)
