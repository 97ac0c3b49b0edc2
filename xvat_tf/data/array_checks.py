"""Checks on the arrays of a user, before anything is computed with them.

The command line and `Trainer` share them: a name says where an array is from.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xvat_tf.errors import UserError

_UNLIKE = 20  # Times as large.
_LARGEST_VALUE = float(np.finfo(np.float32).max)


def check_numbers(name: str, values: np.ndarray) -> None:
    """Raises a UserError unless `values` are numbers or truth values."""
    # NumPy does not know bfloat16, whose kind is V.
    if values.dtype.kind in "biuf" or values.dtype.name == "bfloat16":
        return
    raise UserError(
        f"{name} holds text or other objects, {values.dtype}: give numbers;"
        " numpy.unique(y, return_inverse=True)[1] makes some from class names."
    )


def check_finite(name: str, values: np.ndarray) -> None:
    """Raises a UserError if a number is NaN, infinite or beyond float32."""
    if values.dtype.kind in "biu" or not values.size:
        return
    low, high = float(values.min()), float(values.max())
    # NaN fails both comparisons. float32 must hold what float64 gave.
    if not (low >= -_LARGEST_VALUE and high <= _LARGEST_VALUE):
        raise UserError(
            f"{name} has values that are NaN, infinite or beyond float32: fix"
            " or remove them."
        )


def differing_scales(named: dict[str, Any]) -> Iterator[str]:
    """Says which arrays of floats are on another scale than the first.

    One in [0, 255] next to one in [-0.5, 0.5] was not scaled with it; inputs
    of one kind differ in their root mean square by a small factor.
    """
    sizes = {}
    for name, values in named.items():
        values = np.asarray(values)
        if values.dtype.kind == "f" or values.dtype.name == "bfloat16":
            sizes[name] = float(np.sqrt(np.mean(np.float64(values) ** 2)))
    first = next(iter(sizes), "")
    for name, size in sizes.items():
        low, high = sorted((sizes[first], size))
        if 0 < _UNLIKE * low < high < np.inf:
            yield (
                f"{name} is on another scale than {first}: the root mean"
                f" squares are {size:.3g} and {sizes[first]:.3g}. Scale both"
                " alike."
            )


def check_classes(name: str, labels: np.ndarray, num_classes: int) -> None:
    """Raises a UserError unless labels are whole, 0 to num_classes - 1.

    They are numbers of any type and shape.
    """
    check_finite(name, labels)
    whole = labels if labels.dtype.kind in "biu" else np.floor(labels)
    wrong = labels[(labels < 0) | (labels >= num_classes) | (labels != whole)]
    for label in wrong[:1]:
        raise UserError(
            f"{name} has the label {label}, and the classifier tells"
            f" {num_classes} classes apart: labels must be whole numbers from"
            f" 0 to {num_classes - 1}{moved(label, 'unlabeled')}."
        )


def moved(label: int, place: str) -> str:
    """What to do with the -1 of scikit-learn; nothing of other labels."""
    told = f", and inputs without a label go into {place}"
    return told if label == -1 else ""


def check_images(name: str, images: np.ndarray) -> None:
    """Raises a UserError unless `images` has a usable shape, type, range."""
    is_float = np.issubdtype(images.dtype, np.floating)
    fault = ""
    if images.ndim not in (2, 3, 4):
        fault = (
            f"has shape {images.shape}: give (n, d), (n, height, width) or (n,"
            " height, width, channels)."
        )
    elif not images.size:
        fault = "is empty: give some images."
    elif not is_float and images.dtype != np.uint8:
        fault = f"has type {images.dtype}: give uint8 or float."
    elif not is_float and images.ndim == 2:
        fault = "has uint8 vectors: give float ones, or images."
    if fault:
        raise UserError(f"{name} {fault}")
    check_finite(name, images)
