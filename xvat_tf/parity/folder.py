"""Checks this installation against a folder of recorded files."""

import pathlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from xvat_tf.errors import UserError, reason
from xvat_tf.parity import golden
from xvat_tf.parity.quantity import Quantity

_DAMAGE = (OSError, ValueError, EOFError, KeyError, MemoryError)
_DAMAGE += (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
# What arrays of the right shapes raise if their numbers make no sense.
_UNUSABLE = (ValueError, ArithmeticError, LookupError, AttributeError)


def check_folder(path) -> Iterator[tuple[pathlib.Path, list[Quantity]]]:
    """Compares with every recorded file of a folder.

    All files are read and their keys and shapes checked before anything is
    computed.

    Args:
        path: The folder; at least one file of `golden.FILES` is in it.

    Yields:
        Each file and its quantities, as soon as they are computed.

    Raises:
        UserError: No recorded file is there, or one is damaged or lacks a
            key, has a key too many or a wrong shape.
    """
    for name, arrays in read_folder(path).items():
        file = _path(pathlib.Path(path), name)
        yield file, _check_file(file, arrays)


def read_folder(path) -> dict[str, dict[str, np.ndarray]]:
    """The recorded files of a folder, checked: arrays by key, by name.

    Raises:
        UserError: As `check_folder`.
    """
    folder = pathlib.Path(path)
    if not folder.is_dir():
        raise UserError(
            f"--golden={path} is no folder: give one with recorded files."
        )
    names = [name for name in golden.FILES if _path(folder, name).exists()]
    if not names:
        raise UserError(
            f"--golden={path} has no recorded file: give a folder with one or"
            f" more of {', '.join(f'{name}.npz' for name in golden.FILES)}."
        )
    return {name: _read(_path(folder, name), name) for name in names}


def _path(folder, name):
    return folder / f"{name}.npz"


def _read(path, name):
    arrays = dict(_arrays(path))
    golden.check_schema(str(path), arrays, golden.FILES[name].SCHEMA)
    return arrays


def _arrays(path) -> Iterator[tuple[str, np.ndarray]]:
    try:
        file = np.load(path, allow_pickle=False)
        keys: Iterable[str] = file.files
    except (*_DAMAGE, AttributeError) as error:
        raise _damaged(f"{path}", error) from None
    with file:
        for key in keys:
            try:
                yield key, file[key]
            except _DAMAGE as error:
                raise _damaged(f"{path}: key {key}", error) from None


def _damaged(origin, error):
    return UserError(
        f"{origin} cannot be read ({reason(error)}): copy the file again."
    )


def _check_file(path, arrays: Mapping[str, np.ndarray]):
    watched = _Watched(arrays)
    try:
        return golden.FILES[path.stem].check(watched)
    except _UNUSABLE as error:
        raise UserError(
            f"{path}: key {watched.last} or one read with it has values that"
            f" cannot be used ({reason(error)}): record the file again."
        ) from error


class _Watched(Mapping):
    """Arrays that remember which key was read last."""

    def __init__(self, arrays):
        self._arrays, self.last = arrays, ""

    def __getitem__(self, key):
        value = self._arrays[key]
        self.last = key
        return value

    def __iter__(self):
        return iter(self._arrays)

    def __len__(self):
        return len(self._arrays)
