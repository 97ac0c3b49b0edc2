"""Fitted whitenings on disk: a fit of CIFAR takes most of a minute."""

import contextlib
import math
import os
import pathlib

import numpy as np

from xvat_tf.data.places import data_folder
from xvat_tf.data.zca import Zca, fit_zca, flatten
from xvat_tf.files.arrays import digest, read_checked, write_checked

_KEYS = ("components", "mean", "inverse_components")


def cached_zca(images: np.ndarray, dataset: str, data_dir: str) -> Zca:
    """The whitening of `images`, from disk if it was fitted before.

    Looks in `<data_dir>/xvat_tf_cache`, then in the cache folder of the
    user. A damaged file is fitted again and replaced; where neither folder
    can be written, nothing is kept.

    Args:
        images: uint8, `(n, height, width, channels)`, all training images.
        dataset: Name of the data set, for the file name.
        data_dir: Folder of the data sets.
    """
    name = f"zca_{dataset}_{digest({'images': images})[:16]}.npz"
    paths = [folder / name for folder in _folders(data_dir)]
    width = math.prod(images.shape[1:])
    for path in paths:
        zca = _read(path, width)
        if zca is not None:
            return zca
    zca = fit_zca(flatten(images))
    _write_to_first(paths, zca)
    return zca


def _folders(data_dir):
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return [
        data_folder(data_dir) / "xvat_tf_cache",
        pathlib.Path(os.path.expanduser(home)) / "xvat_tf",
    ]


def _read(path, width):
    """The whitening in a file, or None: absent, damaged or another's."""
    try:
        arrays = read_checked(path)
    except Exception:  # Whatever damaged bytes raise.
        return None
    square = (width, width)
    shapes = dict(zip(_KEYS, (square, (width,), square), strict=True))
    if {name: array.shape for name, array in arrays.items()} != shapes:
        return None
    return Zca(**arrays)


def _write_to_first(paths, zca):
    for path in paths:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, zca)
            return


def _write(path, zca):
    arrays = {key: getattr(zca, key) for key in _KEYS}
    write_checked(path, arrays, shared=True)
