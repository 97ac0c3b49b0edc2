"""Checks on the arrays of a user, before anything is computed with them.

The command line and `Trainer` share them: a name says where an array is from.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xvat_tf.errors import UserError

_UNLIKE = 20  # Times as large.
_LARGEST_VALUE = float(np.finfo(np.float32).max)


def _require(condition: bool, name: str, message: str) -> None:
    if not condition:
        raise UserError(f"{name} {message}")


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
    # NaN fails both comparisons. float32 must hold what float64 gave.
    _require(
        float(values.min()) >= -_LARGEST_VALUE
        and float(values.max()) <= _LARGEST_VALUE,
        name,
        "has values that are NaN, infinite or beyond float32: fix or remove"
        " them.",
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
            f" 0 to {num_classes - 1}{_moved(label, 'unlabeled')}."
        )


def _moved(label, place):
    """What to do with the -1 of scikit-learn."""
    return (
        f", and inputs without a label go into {place}" if label == -1 else ""
    )


def check_images(name: str, images: np.ndarray) -> None:
    """Raises a UserError unless `images` has a usable shape, type, range."""
    _require(
        images.ndim in (2, 3, 4),
        name,
        f"has shape {images.shape}: give (n, d), (n, height, width) or (n,"
        " height, width, channels).",
    )
    _require(images.size > 0, name, "is empty: give some images.")
    is_float = np.issubdtype(images.dtype, np.floating)
    _require(
        is_float or images.dtype == np.uint8,
        name,
        f"has type {images.dtype}: give uint8 or float.",
    )
    _require(
        is_float or images.ndim > 2,
        name,
        "has uint8 vectors: give float ones, or images.",
    )
    check_finite(name, images)


def check_labels(name: str, labels: np.ndarray) -> None:
    """Raises a UserError unless `labels` is a list of integers from 0 up."""
    _require(
        labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer),
        name,
        f"has shape {labels.shape} and type {labels.dtype}: give one integer"
        " for each image.",
    )
    _require(labels.size > 0, name, "is empty: give some labels.")
    _require(
        labels.min() >= 0,
        name,
        f"has the label {labels.min()}: count classes from"
        f" 0{_moved(labels.min(), 'x_unlabeled')}.",
    )


def check_fit(origin: str, found: dict[str, np.ndarray]) -> None:
    """Raises a UserError unless the arrays, by name, fit each other."""
    for part in ("train", "test"):
        images, labels = found[f"x_{part}"], found[f"y_{part}"]
        _require(
            len(images) == len(labels),
            origin,
            f"x_{part} has {len(images)} images, y_{part} {len(labels)}"
            " labels: give as many.",
        )
    train = found["x_train"]
    for name in ("x_test", "x_unlabeled"):
        other = found.get(name, train)
        _require(
            other.shape[1:] == train.shape[1:]
            and (other.dtype == np.uint8) == (train.dtype == np.uint8),
            origin,
            f"{name} has images {other.shape[1:]} of {other.dtype}, x_train"
            f" {train.shape[1:]} of {train.dtype}: give the same.",
        )


def count_classes(
    origin: str, train_labels: np.ndarray, test_labels: np.ndarray
) -> int:
    """Counts the classes, 2 or more: the largest label plus one.

    The labels are integers of 0 or above, `(n,)`.

    Raises:
        UserError: There is one class only, or one has no training image.
    """
    present = np.unique(train_labels)
    num_classes = max(int(present[-1]), int(test_labels.max())) + 1
    _require(
        num_classes >= 2, origin, "it has only one class: give two or more."
    )
    gaps = np.flatnonzero(present != np.arange(len(present)))
    absent = int(gaps[0]) if len(gaps) else len(present)
    _require(
        len(present) == num_classes,
        origin,
        f"class {absent} of {num_classes} has no image in y_train: number the"
        " classes without gaps.",
    )
    return num_classes
