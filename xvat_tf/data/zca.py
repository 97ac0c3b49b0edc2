"""ZCA whitening: decorrelates pixels and stays as close to them as it can."""

import contextlib
import math
import os
import pathlib
from typing import NamedTuple

import numpy as np
import scipy.linalg

from xvat_tf.data.sources import data_folder
from xvat_tf.files.arrays import digest, read_checked, write_checked

_CHUNK = 4096


class Zca(NamedTuple):
    """A fitted whitening: `white = (x - mean) @ components.T`.

    Attributes:
        components: float64, `(d, d)`, symmetric.
        mean: float64, `(d,)`.
        inverse_components: float64, `(d, d)`, undoes `components`.
    """

    components: np.ndarray
    mean: np.ndarray
    inverse_components: np.ndarray


def flatten(images: np.ndarray) -> np.ndarray:
    """8-bit images `(n, height, width, channels)` to rows, channels first.

    float32, `(n, d)`, in [-0.5, 0.5]: red pixels, then green, then blue.
    """
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return (rows - np.float32(127.5)) / np.float32(255)


def unflatten(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Undoes the order of `flatten`: `(n, d)` to `(n, *shape)`."""
    height, width, channels = shape
    planes = rows.reshape(len(rows), channels, height, width)
    return planes.transpose(0, 2, 3, 1)


def fit_zca(flat: np.ndarray, reg: float = 1e-6) -> Zca:
    """Fits `U diag(1 / sqrt(S) + reg) U^T` to the covariance `U diag(S) U^T`.

    As the official code has it, `reg` is added outside the root. Everything
    is accumulated in float64 from pieces of the rows `flat`, float `(n, d)`.
    """
    mean = flat.mean(axis=0, dtype=np.float64)
    variances, axes = scipy.linalg.eigh(
        _covariance(flat, mean), driver="evd", overwrite_a=True
    )
    # Rounding makes variances of a degenerate covariance zero or negative.
    floor = variances[-1] * len(mean) * np.finfo(np.float64).eps
    deviations = np.sqrt(np.maximum(variances, max(floor, 1e-300)))
    scales = 1 / deviations + reg
    return Zca(
        components=(axes * scales) @ axes.T,
        mean=mean,
        inverse_components=(axes / scales) @ axes.T,
    )


def _covariance(flat, mean):
    """Biased covariance, `(d, d)` float64."""
    total = np.zeros((len(mean), len(mean)))
    for start in range(0, len(flat), _CHUNK):
        rows = flat[start : start + _CHUNK] - mean
        total += rows.T @ rows
    return total / len(flat)


def cached_zca(images: np.ndarray, dataset: str, data_dir: str) -> Zca:
    """The whitening of `images`, from disk if it was fitted before.

    Of all training images, uint8 `(n, height, width, channels)`. Looks in
    `<data_dir>/xvat_tf_cache`, then in the cache folder of the user. A damaged
    file is fitted again and replaced; where neither folder can be written,
    nothing is kept.
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
    shapes = Zca(square, (width,), square)._asdict()
    fits = {name: array.shape for name, array in arrays.items()} == shapes
    return Zca(**arrays) if fits else None


def _write_to_first(paths, zca):
    for path in paths:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_checked(path, zca._asdict(), shared=True)
            return
