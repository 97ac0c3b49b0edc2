"""Reads .npz files that anybody may have written, and digests arrays."""

import hashlib
import os
import zipfile
from collections.abc import Mapping

import numpy as np
import psutil

from xvat_tf.files import opened


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads all arrays of a file that `numpy.savez` wrote into memory.

    Its entries are not compressed: they cannot become larger than the file.

    Args:
        path: The file.

    Returns:
        Arrays by name; none holds Python objects.

    Raises:
        OSError: There is no such file, or it is none.
        ValueError: It is no .npz file, holds objects, or needs more memory
            than there is; damaged bytes raise anything.
    """
    with opened(path) as file:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check(entries)
        file.seek(0)
        with np.load(file, allow_pickle=False) as found:
            return {name: read_one(found, name) for name in found.files}


def read_one(file, name: str) -> np.ndarray:
    """Reads an array of an open .npz file.

    Raises:
        ValueError: It holds Python objects: their code would be run.
    """
    try:
        return np.asarray(file[name])
    except ValueError as error:
        if "Object arrays" in str(error):
            raise ValueError(
                f"{name} holds Python objects, which are not read: store plain"
                " numbers of one shape"
            ) from None
        raise


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Computes the SHA-256 of names, types, shapes and contents of arrays.

    Args:
        arrays: By name; their order does not count.

    Returns:
        Hex digits.
    """
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(repr((name, array.dtype.str, array.shape)).encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _check(entries):
    if any(entry.compress_type for entry in entries):
        raise ValueError("its entries are compressed, which ours never are")
    size = sum(entry.file_size for entry in entries)
    free = psutil.virtual_memory().available
    if size > free:
        raise ValueError(f"it needs {size:,} bytes, {free:,} are free")
