"""Checks on the arrays of a user, before anything is computed with them."""

import numpy as np

from xvat_tf.errors import UserError

_LARGEST_VALUE = float(np.finfo(np.float32).max)


def require(condition: bool, path: str, message: str) -> None:
    """Raises a UserError about the file at `path` unless it holds."""
    if not condition:
        raise UserError(f"--arrays_file={path}: {message}")


def check_images(path: str, name: str, images: np.ndarray) -> None:
    """Raises a UserError unless `images` has a usable shape, type, range."""
    require(
        images.ndim in (2, 3, 4),
        path,
        f"{name} has shape {images.shape}: give (n, d), (n, height, width)"
        " or (n, height, width, channels).",
    )
    require(images.size > 0, path, f"{name} is empty: give some images.")
    is_float = np.issubdtype(images.dtype, np.floating)
    require(
        is_float or images.dtype == np.uint8,
        path,
        f"{name} has type {images.dtype}: give uint8 or float.",
    )
    require(
        is_float or images.ndim > 2,
        path,
        f"{name} has uint8 vectors: give float ones, or images.",
    )
    # NaN fails both comparisons. float32 must hold what float64 gave.
    require(
        not is_float
        or (
            float(images.min()) >= -_LARGEST_VALUE
            and float(images.max()) <= _LARGEST_VALUE
        ),
        path,
        f"{name} has values that are NaN, infinite or beyond float32: mend or"
        " remove them.",
    )


def check_labels(path: str, name: str, labels: np.ndarray) -> None:
    """Raises a UserError unless `labels` is a list of integers from 0 up."""
    require(
        labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer),
        path,
        f"{name} has shape {labels.shape} and type {labels.dtype}: give one"
        " integer for each image.",
    )
    require(labels.size > 0, path, f"{name} is empty: give some labels.")
    require(
        labels.min() >= 0,
        path,
        f"{name} has the label {labels.min()}: count classes from 0.",
    )


def check_fit(path: str, found: dict[str, np.ndarray]) -> None:
    """Raises a UserError unless the arrays, by name, fit each other."""
    for part in ("train", "test"):
        images, labels = found[f"x_{part}"], found[f"y_{part}"]
        require(
            len(images) == len(labels),
            path,
            f"x_{part} has {len(images)} images, y_{part} {len(labels)}"
            " labels: give as many.",
        )
    train = found["x_train"]
    for name in ("x_test", "x_unlabeled"):
        other = found.get(name, train)
        require(
            other.shape[1:] == train.shape[1:]
            and (other.dtype == np.uint8) == (train.dtype == np.uint8),
            path,
            f"{name} has images {other.shape[1:]} of {other.dtype}, x_train"
            f" {train.shape[1:]} of {train.dtype}: give the same.",
        )


def count_classes(
    path: str, train_labels: np.ndarray, test_labels: np.ndarray
) -> int:
    """Counts the classes, 2 or more.

    Args:
        path: File of the labels, for messages.
        train_labels: Integers, `(n,)`, 0 or above.
        test_labels: Integers, `(m,)`, 0 or above.

    Returns:
        The largest label plus one.

    Raises:
        UserError: There is one class only, or one has no training image.
    """
    present = np.unique(train_labels)
    num_classes = max(int(present[-1]), int(test_labels.max())) + 1
    require(num_classes >= 2, path, "it has one class only: give two or more.")
    if len(present) < num_classes:
        gaps = np.flatnonzero(present != np.arange(len(present)))
        absent = int(gaps[0]) if len(gaps) else len(present)
        require(
            False,
            path,
            f"class {absent} of {num_classes} has no image in y_train: number"
            " the classes without gaps.",
        )
    return num_classes
