"""ZCA whitening: decorrelates pixels and stays as close to them as it can."""

import dataclasses

import numpy as np
import scipy.linalg

_CHUNK = 4096


@dataclasses.dataclass(frozen=True, eq=False)
class Zca:
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

    Returns:
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
