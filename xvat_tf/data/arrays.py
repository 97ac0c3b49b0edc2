"""Images of the user: one .npz file, checked before anything is computed."""

import os

import numpy as np

from xvat_tf.data.array_checks import (
    check_fit,
    check_images,
    check_labels,
    count_classes,
    differing_scales,
)
from xvat_tf.data.sources import Source
from xvat_tf.errors import UserError, note, reason
from xvat_tf.files.arrays import opened_arrays, read_one, shapes_of
from xvat_tf.settings import DataSettings
from xvat_tf.settings.axes import channels_of
from xvat_tf.settings.own_defaults import Extent

_NEEDED = ("x_train", "y_train", "x_test", "y_test")
_OPTIONAL = ("x_unlabeled",)
_LOOKED_AT = 1000  # Inputs of an array, for its scale.


def load_arrays(path: str, channels: str = "auto") -> Source:
    """Reads `x_train`, `y_train`, `x_test`, `y_test`, maybe `x_unlabeled`.

    Images are uint8 or float, `(n, height, width)` or `(n, height, width,
    channels)`, or float vectors `(n, d)`; labels integers from 0 up, each
    class with a training image.

    Args:
        path: The .npz file.
        channels: `"last"`; `"first"` for `(n, channels, height, width)`; or
            `"auto"`, which refuses what looks like the latter.

    Returns:
        The data set; channels are last, also of grey images.

    Raises:
        UserError: Names the file, what is wrong with it, and the remedy.
    """
    found = _read(path)
    origin = f"--arrays_file={path}:"
    for name in found:
        check = check_labels if name.startswith("y") else check_images
        check(f"{origin} {name}", found[name])
    check_fit(origin, found)
    some = {n: a[:_LOOKED_AT] for n, a in found.items() if n.startswith("x")}
    for text in differing_scales(some):
        note(f"{origin} {text}")
    num_classes = count_classes(origin, found["y_train"], found["y_test"])
    shape = found["x_train"].shape[1:]
    if len(shape) == 3:
        name = f"{origin} x_train"
        channels = channels_of(shape, channels, name, "--channels")
    images = {
        name: channels_last(found[name], channels)
        for name in found
        if name.startswith("x")
    }
    return Source(
        train_images=images["x_train"],
        train_labels=found["y_train"].astype(np.int32),
        test_images=images["x_test"],
        test_labels=found["y_test"].astype(np.int32),
        num_classes=num_classes,
        extra_images=images.get("x_unlabeled"),
    )


def load_arrays_of(data: DataSettings) -> Source:
    """Reads the file of `--arrays_file`; see `load_arrays`."""
    return load_arrays(data.arrays_file, data.channels)


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
        return load_arrays_of(data).extent
    if len(shape) == 2:
        shape.append(1)
    if data.channels == "first":
        shape = [*shape[1:], shape[0]]
    return Extent(tuple(shape), number, extra)


def _read(path):
    """The arrays by name."""
    origin = f"--arrays_file={path}"
    if not os.path.exists(path):
        raise UserError(
            f"{origin} does not exist: give the path of a .npz file."
        )
    if not os.path.isfile(path):
        raise UserError(f"{origin}: it is not a file: give a .npz file.")
    try:
        # As stored, and as float32 once they are scaled.
        with opened_arrays(path, _NEEDED + _OPTIONAL, spare=4) as file:
            _require_names(origin, file.files)
            names = [n for n in _NEEDED + _OPTIONAL if n in file.files]
            return {name: read_one(file, name) for name in names}
    except UserError:
        raise
    except MemoryError as error:
        raise UserError(
            f"{origin}: {error}: leave images out, or store 8-bit ones and"
            " read them with --streaming."
        ) from error
    # Bytes of others make zipfile, zlib and NumPy raise anything, down to
    # TokenError, IndexError and OverflowError.
    except Exception as error:
        raise UserError(
            f"{origin} cannot be read ({reason(error)}): write it again with"
            " numpy.savez."
        ) from error


def _require_names(origin, names):
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise UserError(
            f"{origin}: {', '.join(missing)} is missing: write the file with"
            f" numpy.savez({', '.join(f'{n}=...' for n in _NEEDED)})."
        )


def channels_last(images: np.ndarray, channels: str) -> np.ndarray:
    """Puts channels last: those that are `"first"`, and that of grey images."""
    if images.ndim == 3:
        return images[..., np.newaxis]
    if images.ndim == 4 and channels == "first":
        return np.ascontiguousarray(np.moveaxis(images, 1, -1))
    return images
