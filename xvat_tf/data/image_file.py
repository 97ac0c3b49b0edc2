"""Files of images too many for memory: rows of one length, read by number.

`images.npy` is a file of `numpy.save`. Its rows are read, not mapped: where a
mapped file loses its end, the system kills the process. `images.json` keeps
the digest of the file, which takes long to compute again.
"""

import contextlib
import dataclasses
import hashlib
import math
import os
import pathlib
from typing import BinaryIO

import numpy as np
from typing_extensions import TypedDict

from xvat_tf.errors import UserError, note, reason
from xvat_tf.files import opened, read_json, write_json
from xvat_tf.files.arrays import read_head

_IMAGES = "images.npy"


class _Kept(TypedDict):
    sha256: str
    bytes: int
    modified: int


@dataclasses.dataclass(frozen=True)
class ImageFile:
    """A complete file of images.

    Attributes:
        path: The file.
        shape: `(count, height, width, channels)` or `(count, d)`.
        dtype: Of the stored values: uint8 or a float.
        start: Bytes before the first image.
        stamp: Bytes, and time of the last change in nanoseconds.
        sha256: Hex digest of type, shape of an image, and all images.
    """

    path: pathlib.Path
    shape: tuple[int, ...]
    dtype: np.dtype
    start: int
    stamp: tuple[int, int]
    sha256: str

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Reads the images at integers in [0, count), `(n,)`, as stored.

        Raises:
            UserError: The file is gone, or not what it was when it was opened.
        """
        images = np.empty((len(indices), *self.shape[1:]), self.dtype)
        rows = images.reshape(len(indices), -1).view(np.uint8)
        try:
            with opened(self.path) as file:
                if stamp_of(file) != self.stamp:
                    raise OSError("it has changed while it was in use")
                for row, index in zip(rows, indices, strict=True):
                    place = self.start + int(index) * len(row)
                    if os.preadv(file.fileno(), [row.data], place) != len(row):
                        raise OSError(f"image {index} is cut short")
        except OSError as error:
            raise unusable(self.path, reason(error)) from None
        return images


def unusable(path: pathlib.Path, fault: str) -> UserError:
    """Makes the error to raise for what is wrong with a file of images."""
    return UserError(
        f"{path} cannot be used ({fault}): restore it, or remove it and write"
        " it again; a run continues from its last checkpoint."
    )


def path_in(folder: str | os.PathLike) -> pathlib.Path:
    """The file of images of a folder, there or not; `~` is expanded."""
    return pathlib.Path(os.path.expanduser(folder)) / _IMAGES


def holds_images(folder: str | os.PathLike) -> bool:
    """Whether a folder has a file of images."""
    return path_in(folder).exists()


def count_images(folder: str | os.PathLike) -> int:
    """Reads from the head of its file how many images a folder has, 0 or more.

    Raises:
        UserError: As `open_images` does.
    """
    if not holds_images(folder):
        return 0
    path = path_in(folder)
    try:
        with opened(path) as file:
            return _read_usable(file)[0][0]
    except Exception as error:  # Whatever damaged bytes raise.
        raise unusable(path, reason(error)) from None


def open_images(folder: str | os.PathLike) -> ImageFile:
    """Opens the images of a folder, whoever wrote them.

    Where no digest of the file as it is was kept, all of it is read once.

    Raises:
        UserError: Names the file, what is wrong with it, and the remedy.
    """
    path = path_in(folder)
    try:
        with opened(path) as file:
            shape, dtype = _read_usable(file)
            stamp, start = stamp_of(file), file.tell()
            shape += (1,) * (len(shape) == 3)  # Grey.
            sha256 = _kept_digest(path, stamp)
            if not sha256:
                note(f"{path} is read once, to keep its SHA-256 beside it.")
                begun = begin_digest(shape[1:], dtype)
                sha256 = hashlib.file_digest(file, lambda: begun).hexdigest()
                # A folder of others cannot be written, perhaps.
                with contextlib.suppress(UserError):
                    keep_digest(path, sha256, stamp)
    except Exception as error:  # Whatever damaged bytes raise.
        raise unusable(path, reason(error)) from None
    return ImageFile(path, shape, dtype, start, stamp, sha256)


def _read_usable(file):
    """Shape and type of a file's images; a ValueError says what is wrong."""
    shape, in_columns, dtype = read_head(file)
    size = stamp_of(file)[0] - file.tell()
    expected = math.prod(shape) * dtype.itemsize
    floats, number = dtype.kind == "f", len(shape)
    if not (floats and number == 2 or number in (3, 4)) or min(shape) < 1:
        raise ValueError(f"it has shape {shape}")
    if not floats and dtype != np.uint8:
        raise ValueError(f"it holds {dtype}, neither uint8 nor float")
    if in_columns:
        raise ValueError("it is in Fortran order, not in C order")
    if size != expected:
        raise ValueError(f"{size} bytes of images instead of {expected}")
    return shape, dtype


def begin_digest(shape: tuple[int, ...], dtype: np.dtype):
    """Begins the `sha256` of an `ImageFile`: update it by the images."""
    return hashlib.sha256(repr((shape, dtype.str)).encode())


def keep_digest(
    path: pathlib.Path, sha256: str, stamp: tuple[int, int]
) -> None:
    """Writes the digest of a file; a UserError says that it cannot."""
    kept = {"sha256": sha256, "bytes": stamp[0], "modified": stamp[1]}
    write_json(path.with_suffix(".json"), kept, shared=True)


def _kept_digest(path, stamp):
    """The digest of the file as it is, or an empty text."""
    try:
        kept = read_json(path.with_suffix(".json"), _Kept, "")
    except UserError:
        return ""
    return kept["sha256"] * ((kept["bytes"], kept["modified"]) == stamp)


def stamp_of(file: BinaryIO) -> tuple[int, int]:
    """What tells a file that was changed; see `ImageFile`."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns
