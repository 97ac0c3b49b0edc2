"""What the caller of an exported network must do to pixels first."""

import dataclasses

import numpy as np

from xvat_tf.data import PreparedData
from xvat_tf.data.scaling import RangeScaler, ZcaScaler
from xvat_tf.datasets import find_dataset
from xvat_tf.settings import DataSettings


@dataclasses.dataclass(frozen=True, eq=False)
class Preprocessing:
    """From images as they are stored to inputs of the networks.

    Attributes:
        text: In words.
        code: Python that defines `prepare(images)`, run in the folder.
        arrays: Of the file `preprocessing.npz`, by name; empty for no file.
    """

    text: str
    code: str
    arrays: dict[str, np.ndarray]


def describe(settings: DataSettings, data: PreparedData) -> Preprocessing:
    """The preprocessing of a run's data."""
    if data.basis is not None:
        return _plane(data)
    if isinstance(data.scaler, ZcaScaler):
        return _whitening(data)
    if isinstance(data.scaler, RangeScaler):
        return _range(settings, data)
    return _as_they_are(data)


_RANGE_CODE = """\
def prepare(images):
    \"\"\"uint8 {shape} to {dtype} in [{low:g}, {high:g}].\"\"\"
    return (images.astype("{dtype}") + {shift}) / 255
"""
_ZCA_CODE = """\
whitening = np.load("preprocessing.npz")


def prepare(images):
    \"\"\"uint8 {shape} to whitened {dtype}, same shape.\"\"\"
    planes = images.transpose(0, 3, 1, 2)
    rows = planes.reshape(len(images), -1)
    rows = (rows - np.float32(127.5)) / np.float32(255)
    white = (rows - whitening["mean"]) @ whitening["components"].T
    return white.reshape(planes.shape).transpose(0, 2, 3, 1)
"""
_PLANE_CODE = """\
basis = np.load("preprocessing.npz")["basis"]


def prepare(images):
    \"\"\"Points of the plane, (n, 2), to {dtype} (n, {size}).\"\"\"
    return (images @ basis).astype("{dtype}")
"""
_FLOAT_CODE = """\
def prepare(images):
    \"\"\"Floats {shape} to {dtype}, unchanged.\"\"\"
    return images.astype("{dtype}")
"""


def _range(settings, data):
    scaler = data.scaler
    low, high = scaler.bounds
    text = f"8-bit pixels are scaled to [{low:g}, {high:g}]."
    before = find_dataset(settings.dataset).before
    if before:
        text += f" {before}"
    code = _RANGE_CODE.format(
        shape=_shape(data),
        dtype=scaler.dtype,
        low=low,
        high=high,
        shift=255 * scaler.offset,
    )
    return Preprocessing(text, code, {})


def _whitening(data):
    scaler, zca = data.scaler, data.scaler.zca
    code = _ZCA_CODE.format(shape=_shape(data), dtype=scaler.dtype)
    return Preprocessing(
        "8-bit images are ZCA-whitened with the mean and matrix in"
        " `preprocessing.npz`, fitted to the training images. Without it the"
        " networks give nonsense.",
        code,
        {
            "mean": zca.mean.astype(scaler.dtype),
            "components": zca.components.astype(scaler.dtype),
        },
    )


def _plane(data):
    (size,) = data.image_shape
    return Preprocessing(
        f"Points of the plane are mapped to {size} dimensions by the basis in"
        " `preprocessing.npz`.",
        _PLANE_CODE.format(dtype=data.scaler.dtype, size=size),
        {"basis": data.basis},
    )


def _as_they_are(data):
    return Preprocessing(
        "Inputs are floats as in the arrays file of the run, not scaled;"
        f" training values were in [{data.scaler.low:g},"
        f" {data.scaler.high:g}].",
        _FLOAT_CODE.format(shape=_shape(data), dtype=data.scaler.dtype),
        {},
    )


def _shape(data):
    return f"(n, {', '.join(map(str, data.image_shape))})"
