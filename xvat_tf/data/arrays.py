"""Images of the user: one .npz file, checked before anything is computed."""

import numpy as np

from xvat_tf.data.array_checks import check_images, differing_scales, moved
from xvat_tf.data.sources import Source
from xvat_tf.errors import UserError, note
from xvat_tf.files.arrays import (
    opened_arrays,
    read_one,
    readable,
    shapes_of,
)
from xvat_tf.settings import DataSettings
from xvat_tf.settings.axes import channels_of
from xvat_tf.settings.own_defaults import Extent

_NEEDED = ("x_train", "y_train", "x_test", "y_test")
_OPTIONAL = ("x_unlabeled",)
_REMEDY = "give the path of a .npz file, or write it again with numpy.savez"
_LOOKED_AT = 1000  # Inputs of an array, for its scale.


def load_arrays(data: DataSettings) -> Source:
    """Reads the .npz file of `--arrays_file`.

    It has `x_train`, `y_train`, `x_test`, `y_test`, maybe `x_unlabeled`. Images
    are uint8 or float, `(n, height, width)` or `(n, height, width, channels)`,
    or float vectors `(n, d)`; labels integers from 0 up, each class with a
    training image. With `--channels=first` images are `(n, channels, height,
    width)`; `auto` refuses what looks like that.

    Returns:
        The data set; channels are last, also of grey images.

    Raises:
        UserError: Names the file, what is wrong with it, and the remedy.
    """
    origin = f"--arrays_file={data.arrays_file}:"
    found = _read(data.arrays_file)
    images = {name: a for name, a in found.items() if name.startswith("x")}
    labels = {name: a for name, a in found.items() if name.startswith("y")}
    for name, array in images.items():
        check_images(f"{origin} {name}", array)
    for fault in _faults(images, labels):
        raise UserError(f"{origin} {fault}")
    some = {name: array[:_LOOKED_AT] for name, array in images.items()}
    for text in differing_scales(some):
        note(f"{origin} {text}")
    shape, channels = images["x_train"].shape[1:], data.channels
    if len(shape) == 3:
        name = f"{origin} x_train"
        channels = channels_of(shape, channels, name, "--channels")
    images = {name: channels_last(a, channels) for name, a in images.items()}
    return Source(
        train_images=images["x_train"],
        train_labels=labels["y_train"].astype(np.int32),
        test_images=images["x_test"],
        test_labels=labels["y_test"].astype(np.int32),
        num_classes=int(labels["y_train"].max()) + 1,
        extra_images=images.get("x_unlabeled"),
    )


def measure_arrays(data: DataSettings) -> Extent:
    """Reads shapes from the heads of `--arrays_file`.

    Raises:
        UserError: It is not what `load_arrays` takes.
    """
    try:
        shapes = shapes_of(data.arrays_file)
        number, *shape = shapes["x_train"]
        extra = shapes.get("x_unlabeled", (0,))[0]
    except Exception:  # Whatever damaged bytes raise: this says it.
        return load_arrays(data).extent
    if len(shape) == 2:
        shape.append(1)
    if data.channels == "first":
        shape = [*shape[1:], shape[0]]
    return Extent(tuple(shape), number, extra)


def channels_last(images: np.ndarray, channels: str) -> np.ndarray:
    """Puts channels last: those that are `"first"`, and that of grey images."""
    if images.ndim == 3:
        return images[..., np.newaxis]
    if images.ndim == 4 and channels == "first":
        return np.ascontiguousarray(np.moveaxis(images, 1, -1))
    return images


def _read(path):
    """The arrays by name."""
    # As stored, and as float32 once they are scaled.
    names, origin = _NEEDED + _OPTIONAL, f"--arrays_file={path}"
    opening = opened_arrays(path, names, spare=4)
    with (
        readable(origin, _REMEDY),
        opening as file,
    ):
        missing = [name for name in _NEEDED if name not in file.files]
        if missing:
            raise UserError(
                f"{origin}: {', '.join(missing)} is missing: write the file"
                f" with numpy.savez({', '.join(f'{n}=...' for n in _NEEDED)})."
            )
        return {n: read_one(file, n) for n in names if n in file.files}


def _faults(images, labels):
    """What is wrong with the labels, or does not fit together."""
    for name, array in labels.items():
        if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
            yield (
                f"{name} has shape {array.shape} and type {array.dtype}: give"
                " one integer for each image."
            )
        if not array.size:
            yield f"{name} is empty: give some labels."
        if array.min() < 0:
            yield (
                f"{name} has the label {array.min()}: count classes from"
                f" 0{moved(array.min(), 'x_unlabeled')}."
            )
        x = name.replace("y", "x")
        if len(images[x]) != len(array):
            yield (
                f"{x} has {len(images[x])} images, {name} {len(array)} labels:"
                " give as many."
            )
    train = images["x_train"]
    for name, array in images.items():
        same_kind = (array.dtype == np.uint8) == (train.dtype == np.uint8)
        if array.shape[1:] != train.shape[1:] or not same_kind:
            yield (
                f"{name} has images {array.shape[1:]} of {array.dtype}, x_train"
                f" {train.shape[1:]} of {train.dtype}: give the same."
            )
    yield from _faults_of_classes(**labels)


def _faults_of_classes(y_train, y_test):
    """There are two or more, each with a training image."""
    present = np.unique(y_train)
    num_classes = max(int(present[-1]), int(y_test.max())) + 1
    if num_classes < 2:
        yield "it has only one class: give two or more."
    if len(present) < num_classes:
        gaps = np.flatnonzero(present != np.arange(len(present)))
        absent = int(gaps[0]) if len(gaps) else len(present)
        yield (
            f"class {absent} of {num_classes} has no image in y_train: number"
            " the classes without gaps."
        )
