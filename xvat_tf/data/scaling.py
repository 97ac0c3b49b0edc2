"""From stored pixels to what the classifier reads, and back for display."""

import dataclasses
import functools

import numpy as np

from xvat_tf.data.zca import Zca, cached_zca, flatten, unflatten
from xvat_tf.settings import DataSettings

_CHUNK = 1000


@dataclasses.dataclass(frozen=True)
class RangeScaler:
    """8-bit images to [offset, 1 + offset], every level kept apart.

    The offset is -0.5 for centered pixels, 0 for the unit interval.
    """

    offset: float
    dtype: str = "float32"

    @property
    def bounds(self) -> tuple[float, float]:
        """Black and white."""
        return self.offset, 1 + self.offset

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 of any shape to floats; (x - 127.5) / 255 if centered."""
        scaled = images.astype(self.dtype)
        scaled += 255 * self.offset
        scaled /= 255
        return scaled

    def inverse(self, images: np.ndarray) -> np.ndarray:
        """Floats to [0, 1]; what lies outside (perturbations) is cut."""
        return np.clip(np.asarray(images) - self.offset, 0.0, 1.0)

    def inverse_change(self, changes: np.ndarray) -> np.ndarray:
        """The changes themselves."""
        return np.asarray(changes)


@dataclasses.dataclass(frozen=True)
class FloatScaler:
    """Leaves floats as they are; only the display is rescaled.

    The smallest training value is displayed as 0, the largest as 1.
    """

    low: float
    high: float
    dtype: str = "float32"

    @property
    def bounds(self) -> None:
        """None: what lies outside the training values is possible too."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Floats of any shape, in the type of the inputs."""
        return images.astype(self.dtype)

    def inverse(self, images: np.ndarray) -> np.ndarray:
        """[low, high] to [0, 1], cut."""
        shifted = np.asarray(images) - self.low
        return np.clip(self.inverse_change(shifted), 0.0, 1.0)

    def inverse_change(self, changes: np.ndarray) -> np.ndarray:
        """Changes as shares of high - low."""
        width = max(self.high - self.low, np.finfo(np.float32).tiny)
        return np.asarray(changes) / width


@dataclasses.dataclass(frozen=True, eq=False)
class ZcaScaler:
    """Whitens 8-bit images as the official code does for CIFAR-10.

    The whitening is of channels-first rows of (x - 127.5) / 255; `dtype` is
    also that of the matrix product.
    """

    zca: Zca
    dtype: str = "float32"

    @property
    def bounds(self) -> None:
        """None: the range of a pixel is no range of a whitened entry."""

    @functools.cached_property
    def _cast(self):
        """Components and mean: a cast takes as long as a batch."""
        parts = self.zca.components, self.zca.mean
        return [part.astype(self.dtype) for part in parts]

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 `(n, h, w, c)` to floats of variance near 1, same shape."""
        components, mean = self._cast
        white = np.empty(images.shape, self.dtype)
        for start in range(0, len(images), _CHUNK):
            piece = slice(start, start + _CHUNK)
            rows = (flatten(images[piece]) - mean) @ components.T
            white[piece] = unflatten(rows, images.shape[1:])
        return white

    def inverse(self, images: np.ndarray) -> np.ndarray:
        """Whitened `(n, h, w, c)` to [0, 1], cut."""
        mean = unflatten(self.zca.mean[np.newaxis], images.shape[1:])
        return np.clip(self.inverse_change(images) + mean + 0.5, 0.0, 1.0)

    def inverse_change(self, changes: np.ndarray) -> np.ndarray:
        """Whitened changes `(n, h, w, c)` to changes of the pixels."""
        changes = np.asarray(changes)
        planes = changes.transpose(0, 3, 1, 2).reshape(len(changes), -1)
        rows = planes @ self.zca.inverse_components.T
        return unflatten(rows, changes.shape[1:])


# Maps stored images to network inputs and back; fixed once made.
Scaler = RangeScaler | FloatScaler | ZcaScaler


def make_scaler(
    data: DataSettings, train_images: np.ndarray, dtype: str = "float32"
) -> Scaler:
    """The scaling that the settings ask for, to `dtype`.

    A whitening is fitted here to all training images, or read from its cache.
    """
    if train_images.dtype != np.uint8:
        low, high = float(train_images.min()), float(train_images.max())
        return FloatScaler(low, high, dtype)
    if data.zca:
        zca = cached_zca(train_images, data.dataset, data.data_dir)
        return ZcaScaler(zca, dtype)
    return RangeScaler(-0.5 if data.pixel_range == "centered" else 0.0, dtype)
