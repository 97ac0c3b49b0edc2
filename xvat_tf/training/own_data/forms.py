"""What users hand over for inputs and labels, as arrays by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_numbers
from xvat_tf.errors import UserError


def array(values: Any, name: str) -> np.ndarray:
    """Makes an array, not of objects, of what has a row per example.

    That is an array, tensor, data frame, list, or sparse matrix, which becomes
    dense. Objects that are numbers become numbers. A UserError calls it by
    `name`: it is no array, or holds something else than numbers.
    """
    if isinstance(values, tf.SparseTensor):
        values = tf.sparse.to_dense(values)
    if hasattr(values, "toarray"):
        values = values.toarray()
    try:
        ragged = isinstance(values, tf.RaggedTensor)
        found = np.asarray(values.to_list() if ragged else values)
    except Exception:  # Whatever foreign types raise.
        raise UserError(
            f"{name} does not fit in one array, given {_kind(values)}: every"
            " example must have the same shape, and several inputs go into a"
            " dict of arrays by name."
        ) from None
    if found.ndim == 0:
        raise UserError(
            f"{name} must be an array with a row per example or a"
            f" tf.data.Dataset of batches, given {_kind(values)}."
        )
    return _numbers(found, name) if found.dtype == object else found


def _numbers(objects, name):
    try:
        return objects.astype(keras.config.floatx())
    except (TypeError, ValueError):
        raise UserError(
            f"{name} holds objects that are not numbers, such as"
            f" {objects.flat[0]!r}: give an array of numbers; numpy.unique(y,"
            " return_inverse=True)[1] makes one from class names."
        ) from None


def inputs(
    values: Any, name: str, input_names: Sequence[str]
) -> np.ndarray | dict[str, np.ndarray]:
    """Makes an array of one input, or a dict of arrays of several.

    These are a dict, or a list in the order of `input_names`, the
    classifier's. Raises as `array`, and for text or inputs with labels.
    """
    values = by_name(values, input_names)
    if isinstance(values, Mapping):
        return {
            key: array(part, f"{name}[{key!r}]") for key, part in values.items()
        }
    if isinstance(values, tuple):
        raise UserError(
            f"{name} is a tuple of {len(values)}: give the inputs alone, and"
            " several of them as a dict of arrays by name."
        )
    found = array(values, name)
    check_numbers(name, found)
    return found


def by_name(values: Any, input_names: Sequence[str]) -> Any:
    """A list with an entry for each of the classifier's inputs as a dict."""
    listed = isinstance(values, list | tuple)
    if listed and len(input_names) == len(values) > 1:
        return dict(zip(input_names, values, strict=True))
    return values


def _kind(values):
    return f"{type(values).__module__}.{type(values).__qualname__}".replace(
        "builtins.", ""
    )
