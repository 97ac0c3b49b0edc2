"""Writes folders of shards, to the end or recognisably not."""

import contextlib
import fcntl
import os
import pathlib
import re
import typing
from collections.abc import Iterable, Iterator

import numpy as np

from xvat_tf.data import shard_files
from xvat_tf.data.record_files import RecordFiles, failures_told
from xvat_tf.data.shard_files import MANIFEST, Shards, holds_shards
from xvat_tf.errors import UserError
from xvat_tf.files import TEMPORARY, written_whole

_LOCK = "lock"
_PARTIAL = MANIFEST + TEMPORARY
_OURS = re.compile(
    rf"images-\d+-of-\d+\.tfrecord|{_LOCK}|{re.escape(_PARTIAL)}"
)


def write_shards(
    images: Iterable[np.ndarray],
    folder: str | os.PathLike,
    num_shards: int = 64,
) -> Shards:
    """Writes images to a folder that `--streaming` reads.

    Only one image at a time is in memory. Give them in random order, or use
    many shards: see docs/streaming.md. Shards without a manifest in the folder
    are not touched: they may be somebody's unfinished copy.

    Args:
        images: Arrays of one shape and type: uint8 `(height, width)` or
            `(height, width, channels)`, or float of these shapes or `(d,)`.
            Grey images get a channel axis. Values are stored as they are;
            scaling happens when they are read.
        folder: New or empty folder; `~` is expanded.
        num_shards: Number of files, all open at a time; a few hundred at
            most. Image i goes to file `i % num_shards`.

    Returns:
        What was written.

    Raises:
        UserError: An image does not fit, the folder holds something else, or
            the disk is full.
    """
    folder = pathlib.Path(os.path.expanduser(folder))
    with _sole_writer(folder) as lock:
        if holds_shards(folder):
            raise UserError(
                f"{folder} already holds shards: remove it, or write to"
                " another folder."
            )
        _require_none(folder)
        return _write(images, folder, num_shards, lock, "")


def ensure_shards(
    images: Iterable[np.ndarray],
    folder: str | os.PathLike,
    sha256: str,
    num_shards: int = 64,
) -> Shards:
    """Opens the shards of a folder; writes them first if there are none.

    Of several processes that need the same folder one writes, others wait.
    What a killed process left is written anew if it was of the same images:
    those whose `Shards.sha256` is given. Otherwise as `write_shards`.

    Raises:
        UserError: As from `write_shards`, or a shard is missing or damaged.
    """
    folder = pathlib.Path(os.path.expanduser(folder))
    if not holds_shards(folder):
        with _sole_writer(folder) as lock:
            if not holds_shards(folder):
                claim = f"writing {sha256}\n"
                if lock.read() != claim:
                    _require_none(folder)
                return _write(images, folder, num_shards, lock, claim)
    return shard_files.open_shards(folder)


@contextlib.contextmanager
def _sole_writer(folder: pathlib.Path) -> Iterator[typing.TextIO]:
    """Waits for other writers; yields the lock, which names what is written.

    The kernel releases it however the process ends.
    """
    with contextlib.ExitStack() as stack:
        with failures_told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _require_ours(folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(folder / _LOCK, flags, 0o666)
            file = stack.enter_context(open(descriptor, "r+"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _require_ours(folder):
    foreign = [
        path.name
        for path in folder.iterdir()
        if path.name != MANIFEST and not _OURS.fullmatch(path.name)
    ]
    if foreign:
        raise UserError(
            f"{folder} holds other files, such as {min(foreign)}, and no"
            " complete shards: give a new or empty folder for them."
        )


def _require_none(folder):
    """Deletes nothing that this program did not write."""
    found = [p.name for p in folder.iterdir() if _OURS.fullmatch(p.name)]
    found = sorted(set(found) - {_LOCK})
    if found:
        raise UserError(
            f"{folder} holds {found[0]} but no {MANIFEST}, as an unfinished"
            " copy or a write that was cut short leaves it: complete the copy,"
            " or remove the folder; nothing was changed."
        )


def _write(images, folder, num_shards, lock, claim):
    if num_shards < 1:
        raise UserError(f"num_shards={num_shards} must be at least 1.")
    _remove_shards(folder)  # Of a process with the same claim.
    with failures_told(folder):
        lock.seek(0)
        lock.truncate()
        lock.write(claim)
        lock.flush()
    try:
        shards = _write_files(images, folder, num_shards)
        with failures_told(folder):
            # A full disk may lose the end of a file without a word.
            for number in range(num_shards):
                if fault := shards.file_fault(number):
                    raise OSError(f"{shards.file(number).name}: {fault}")
            with written_whole(folder / MANIFEST) as file:
                file.write(shard_files.manifest_of(shards).encode())
        return shards
    except BaseException:
        _remove_shards(folder)  # They may fill the disk for nothing.
        raise


def _remove_shards(folder):
    for path in folder.iterdir():
        if path.name != _LOCK and _OURS.fullmatch(path.name):
            path.unlink()


def _write_files(images, folder, num_shards):
    count, first, digest = 0, None, None
    with RecordFiles(folder, num_shards) as files:
        for image in images:
            image = np.asarray(image)
            if image.ndim == 2:
                image = image[..., np.newaxis]
            if first is None:
                first = np.empty_like(image)
                digest = shard_files.content_digest(image.shape, image.dtype)
            _check(image, count, first)
            content = shard_files.image_to_bytes(image)
            files.write(count, content)
            digest.update(content)
            count += 1
    if first is None:
        raise UserError("there are no images to write to shards: give some.")
    return Shards(
        path=folder,
        count=count,
        shape=first.shape,
        dtype=first.dtype.name,
        num_shards=num_shards,
        sha256=digest.hexdigest(),
    )


def _check(image, index, first):
    """Raises a UserError unless an image is usable and like the first."""
    usable = image.dtype.name in shard_files.DTYPES and image.size > 0
    is_byte_vector = image.ndim == 1 and image.dtype == np.uint8
    if not usable or image.ndim not in (1, 3) or is_byte_vector:
        raise UserError(
            f"image {index} has shape {image.shape} and type {image.dtype}:"
            " shards hold uint8 or float images, or float vectors."
        )
    if (image.shape, image.dtype) != (first.shape, first.dtype):
        raise UserError(
            f"image {index} has shape {image.shape} and type {image.dtype},"
            f" image 0 {first.shape} and {first.dtype}: give images of one"
            " shape and type."
        )
    if image.dtype != np.uint8 and not np.isfinite(image).all():
        raise UserError(
            f"image {index} has values that are NaN or infinite: fix it or"
            " leave it out."
        )
