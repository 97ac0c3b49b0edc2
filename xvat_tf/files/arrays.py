"""Reads .npz files that anybody may have written, and digests arrays."""

import contextlib
import hashlib
import math
import os
import pathlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import psutil
from numpy.lib.npyio import NpzFile

from xvat_tf.errors import UserError, reason
from xvat_tf.files import opened, written_whole

_CHECKSUM = "sha256"


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads all arrays of a file that `numpy.savez` wrote into memory.

    A ValueError says that it is compressed: a few bytes could become many.
    Other errors are those of `opened_arrays`.
    """
    with opened_arrays(path) as found:
        archive: Any = found.zip
        if any(entry.compress_type for entry in archive.infolist()):
            raise ValueError("it is compressed, which ours never are")
        return {name: read_one(found, name) for name in found.files}


@contextlib.contextmanager
def opened_arrays(
    path: str | os.PathLike,
    names: Collection[str] | None = None,
    spare: int = 0,
) -> Iterator[NpzFile]:
    """Opens an .npz file whose arrays fit into memory.

    Args:
        path: The file; an OSError says that there is none.
        names: Of the arrays that will be read; None for all.
        spare: Bytes that each number needs beyond its own.

    By the heads of its arrays it may need more memory than there is: a
    MemoryError. Damaged bytes raise anything.
    """
    with opened(path) as file, NpzFile(file, allow_pickle=False) as found:
        archive: Any = found.zip
        needed = sum(
            _bytes_of(archive, entry, spare)
            for entry in archive.namelist()
            if names is None or entry.removesuffix(".npy") in names
        )
        require_memory(needed, "its arrays")
        yield found


@contextlib.contextmanager
def readable(origin: str, remedy: str) -> Iterator[None]:
    """Makes a UserError of what reading arrays of others raises."""
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        raise UserError(
            f"{origin}: {error}: leave images out, or store 8-bit ones."
        ) from error
    # Damaged bytes make zipfile, zlib and NumPy raise anything, down to
    # TokenError, IndexError and OverflowError.
    except Exception as error:
        raise UserError(
            f"{origin} cannot be read ({reason(error)}): {remedy}."
        ) from error


def require_memory(needed: int, what: str) -> None:
    """Raises a MemoryError if `what` needs more bytes than are free."""
    free = psutil.virtual_memory().available
    if needed > free:
        raise MemoryError(
            f"{what} need {needed / 2**30:.1f} GiB of memory,"
            f" {free / 2**30:.1f} are free"
        )


def shapes_of(path: str | os.PathLike) -> dict[str, tuple[int, ...]]:
    """Reads the shapes of all arrays; raises as `opened_arrays` does."""
    with opened(path) as file, NpzFile(file, allow_pickle=False) as found:
        archive: Any = found.zip
        return {
            entry.removesuffix(".npy"): _head_of(archive, entry)[0]
            for entry in archive.namelist()
        }


def _bytes_of(archive, name, spare):
    shape, dtype = _head_of(archive, name)
    return math.prod(shape) * (dtype.itemsize + spare)


def _head_of(archive, name):
    """Shape and type of an entry, before it is unpacked."""
    with archive.open(name) as file:
        shape, _, dtype = read_head(file)
    if min(shape, default=0) < 0:
        raise ValueError(f"{name} has the shape {shape}")
    return shape, dtype


def read_head(file) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Reads the head of a .npy file: shape, whether in Fortran order, type.

    Damaged bytes raise anything.
    """
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[np.lib.format.read_magic(file)]
    return read(file)


def read_one(file: NpzFile, name: str) -> np.ndarray:
    """Reads an array; refuses Python objects, whose code would be run."""
    try:
        return np.asarray(file[name])
    except ValueError as error:
        if "Object arrays" in str(error):
            raise ValueError(
                f"{name} holds Python objects, which are not read: store plain"
                " numbers of one shape"
            ) from None
        raise


def write_checked(
    path: pathlib.Path, arrays: dict[str, np.ndarray], shared: bool = False
) -> None:
    """Writes arrays with a checksum; arguments, errors of `written_whole`."""
    content: dict[str, Any] = arrays | {_CHECKSUM: np.array(digest(arrays))}
    with written_whole(path, shared) as file:
        np.savez(file, **content)


def read_checked(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads what `write_checked` wrote; damaged bytes raise anything."""
    arrays = read_arrays(path)
    if arrays.pop(_CHECKSUM).item() != digest(arrays):
        raise ValueError("its SHA-256 differs")
    return arrays


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Computes the SHA-256 of names, types, shapes and contents of arrays.

    The order of the names does not count.
    """
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(repr((name, array.dtype.str, array.shape)).encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
