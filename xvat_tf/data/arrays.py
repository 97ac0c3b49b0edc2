"""Images of the user: one .npz file, checked before anything is computed."""

import math
import os
import zipfile

import numpy as np
import psutil

from xvat_tf.data.array_checks import (
    check_fit,
    check_images,
    check_labels,
    count_classes,
)
from xvat_tf.data.source import Source
from xvat_tf.errors import UserError, reason
from xvat_tf.files.arrays import read_one
from xvat_tf.settings import DataSettings
from xvat_tf.settings.axes import channels_of

_NEEDED = ("x_train", "y_train", "x_test", "y_test")
_OPTIONAL = ("x_unlabeled",)


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
    num_classes = count_classes(origin, found["y_train"], found["y_test"])
    shape = found["x_train"].shape[1:]
    if len(shape) == 3:
        channels = channels_of(
            shape, channels, f"{origin} x_train", "--channels"
        )

    def images(name):
        return _channels_last(found[name], channels)

    return Source(
        train_images=images("x_train"),
        train_labels=found["y_train"].astype(np.int32),
        test_images=images("x_test"),
        test_labels=found["y_test"].astype(np.int32),
        num_classes=num_classes,
        extra_images=images("x_unlabeled") if "x_unlabeled" in found else None,
    )


def _require(condition, path, message):
    if not condition:
        raise UserError(f"--arrays_file={path}: {message}")


def load_arrays_of(data: DataSettings) -> Source:
    """Reads the file of `--arrays_file`; see `load_arrays`."""
    return load_arrays(data.arrays_file, data.channels)


def _read(path):
    """The arrays by name."""
    if not os.path.exists(path):
        raise UserError(
            f"--arrays_file={path} does not exist: give the path of a .npz"
            " file."
        )
    # Opening a named pipe would wait for ever.
    _require(os.path.isfile(path), path, "it is no file: give a .npz file.")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(path, archive.infolist())
            _check_memory(path, archive)
        with np.load(path, allow_pickle=False) as file:
            names = [n for n in _NEEDED + _OPTIONAL if n in file.files]
            return {name: read_one(file, name) for name in names}
    except UserError:
        raise
    # Bytes of others make zipfile, zlib and NumPy raise anything, down to
    # TokenError, IndexError and OverflowError.
    except Exception as error:
        raise UserError(
            f"--arrays_file={path} cannot be read ({reason(error)}): write it"
            " again with numpy.savez."
        ) from error


def _check_entries(path, entries):
    """Checks that all names are there."""
    names = {entry.filename.removesuffix(".npy") for entry in entries}
    missing = [name for name in _NEEDED if name not in names]
    _require(
        not missing,
        path,
        f"{', '.join(missing)} is missing: write the file with"
        f" numpy.savez({', '.join(f'{n}=...' for n in _NEEDED)}).",
    )


def _check_memory(path, archive):
    """As stored, and as float32 once they are scaled."""
    needed = sum(
        _bytes_of(archive, entry)
        for entry in archive.infolist()
        if entry.filename.removesuffix(".npy") in _NEEDED + _OPTIONAL
    )
    free = psutil.virtual_memory().available
    _require(
        needed <= free,
        path,
        f"its arrays need {needed / 2**30:.1f} GiB of memory,"
        f" {free / 2**30:.1f} are free: leave images out, or store 8-bit ones"
        " and read them with --streaming.",
    )


def _bytes_of(archive, entry):
    """Read from the head of the entry, before anything is unpacked."""
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            head = np.lib.format.read_array_header_1_0(file)
        else:
            head = np.lib.format.read_array_header_2_0(file)
    shape, _, dtype = head
    if min(shape, default=0) < 0:
        raise ValueError(f"{entry.filename} has the shape {shape}")
    return math.prod(shape) * (dtype.itemsize + 4)


def _channels_last(images, channels):
    if images.ndim == 3:
        return images[..., np.newaxis]
    if images.ndim == 4 and channels == "first":
        return np.ascontiguousarray(np.moveaxis(images, 1, -1))
    return images
