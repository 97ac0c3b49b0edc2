"""Writes files of images that are read by number, whole or not at all."""

import contextlib
import fcntl
import os
from collections.abc import Iterable

import numpy as np

from xvat_tf.data.array_checks import check_images
from xvat_tf.data.image_file import (
    ImageFile,
    begin_digest,
    holds_images,
    keep_digest,
    open_images,
    path_in,
    stamp_of,
)
from xvat_tf.errors import UserError, reason, writing_remedy
from xvat_tf.files import appended, written_whole


def write_images(
    images: Iterable[np.ndarray],
    folder: str | os.PathLike,
    exist_ok: bool = False,
) -> ImageFile:
    """Writes images to a folder that `--streaming` reads.

    Only one image at a time is in memory. The file, `images.npy`, gets its
    name once it is whole; `numpy.load` reads it, too.

    Args:
        images: Arrays of one shape and type: uint8 `(height, width)` or
            `(height, width, channels)`, or float of these shapes or `(d,)`.
            Grey images get a channel axis. Values are stored as they are;
            scaling happens when they are read.
        folder: Made if it is not there; `~` is expanded.
        exist_ok: Opens a file that is there instead of refusing it. Of
            several processes one writes then, and others wait.

    Returns:
        What is there.

    Raises:
        UserError: An image does not fit, the folder has such a file, or the
            disk is full.
    """
    path = path_in(folder)
    if not (exist_ok and holds_images(folder)):
        try:
            with _sole_writer(path.parent):
                if not holds_images(folder):
                    _write(_of_caller(images), path)
                elif not exist_ok:
                    raise UserError(
                        f"{path} exists: remove it, or give another folder."
                    )
        except _CallerError as error:
            raise error.args[0] from None
        except OSError as error:
            raise UserError(
                f"{path} cannot be written ({reason(error)}):"
                f" {writing_remedy(error)}, or give another folder, in a run"
                " as --stream_dir."
            ) from None
    return open_images(folder)


class _CallerError(Exception):
    """Carries an OSError of the caller's iterable past those of the disk."""


def _of_caller(images):
    try:
        yield from images
    except OSError as error:
        raise _CallerError(error) from None


@contextlib.contextmanager
def _sole_writer(folder):
    """Waits for others; the system frees the lock of a killed process."""
    folder.mkdir(parents=True, exist_ok=True)
    with appended(folder / "images.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(images, path):
    count, first = 0, None
    with written_whole(path) as file:
        for image in images:
            image = np.asarray(image)
            if image.ndim == 2:
                image = image[..., np.newaxis]
            if first is None:
                # In C order, whatever the order of the given images.
                first = np.empty(image.shape, image.dtype)
                digest = begin_digest(image.shape, image.dtype)
                _write_head(file, 0, first)
            _require_like(first, image, count)
            content = image.tobytes()
            file.write(content)
            digest.update(content)
            count += 1
        if first is None:
            raise UserError(f"{path} needs images, and there are none.")
        _write_head(file, count, first)
        file.flush()
        stamp = stamp_of(file)
    keep_digest(path, digest.hexdigest(), stamp)


def _write_head(file, count, first):
    """Writes the head of the file; NumPy leaves room for any count in it."""
    file.seek(0)
    head = np.lib.format.header_data_from_array_1_0(first)
    head["shape"] = (count, *first.shape)
    np.lib.format.write_array_header_1_0(file, head)


def _require_like(first, image, index):
    check_images(f"image {index}", image[np.newaxis])
    if (image.shape, image.dtype) != (first.shape, first.dtype):
        raise UserError(
            f"image {index} has shape {image.shape} and type {image.dtype},"
            f" image 0 {first.shape} and {first.dtype}: give images of one"
            " shape and type."
        )
