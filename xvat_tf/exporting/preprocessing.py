"""What the caller of an exported network must do to pixels first."""

import dataclasses

import numpy as np

from xvat_tf.data import PreparedData
from xvat_tf.data.scaling import RangeScaler, ZcaScaler
from xvat_tf.datasets import find_dataset
from xvat_tf.settings import DataSettings

_RANGE = """\
def prepare(images):
    \"\"\"uint8 {shape} to {dtype} in [{low:g}, {high:g}].\"\"\"
    return (images.astype("{dtype}") {shift}) / 255
"""
_WHITENED = """\
whitening = np.load("preprocessing.npz")


def prepare(images):
    \"\"\"uint8 {shape} to whitened {dtype}, same shape.\"\"\"
    planes = images.transpose(0, 3, 1, 2)
    rows = planes.reshape(len(images), -1)
    rows = (rows - np.float32(127.5)) / np.float32(255)
    white = (rows - whitening["mean"]) @ whitening["components"].T
    return white.reshape(planes.shape).transpose(0, 2, 3, 1)
"""
_PLANE = """\
basis = np.load("preprocessing.npz")["basis"]


def prepare(images):
    \"\"\"Points of the plane, (n, 2), to {dtype} {shape}.\"\"\"
    return (images @ basis).astype("{dtype}")
"""
_FLOATS = """\
def prepare(images):
    \"\"\"Floats {shape} to {dtype}, unchanged.\"\"\"
    return images.astype("{dtype}")
"""


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
    arrays: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


def describe(settings: DataSettings, data: PreparedData) -> Preprocessing:
    """The preprocessing of a run's data."""
    scaler = data.scaler
    words = {
        "dtype": scaler.dtype,
        "shape": f"(n, {', '.join(map(str, data.image_shape))})",
    }
    if data.basis is not None:
        return Preprocessing(
            f"Points of the plane are mapped to {data.image_shape[0]}"
            " dimensions by the basis in `preprocessing.npz`.",
            _PLANE.format(**words),
            {"basis": data.basis},
        )
    if isinstance(scaler, ZcaScaler):
        return Preprocessing(
            "8-bit images are ZCA-whitened with the mean and matrix in"
            " `preprocessing.npz`, fitted to the training images. Without it"
            " the networks give nonsense.",
            _WHITENED.format(**words),
            {
                "mean": scaler.zca.mean.astype(scaler.dtype),
                "components": scaler.zca.components.astype(scaler.dtype),
            },
        )
    if isinstance(scaler, RangeScaler):
        low, high = scaler.bounds
        before = find_dataset(settings.dataset).before
        shift = 255 * scaler.offset
        signed = f"{'-' if shift < 0 else '+'} {abs(shift)}"
        return Preprocessing(
            f"8-bit pixels are scaled to [{low:g}, {high:g}]."
            f" {before}".rstrip(),
            _RANGE.format(**words, low=low, high=high, shift=signed),
        )
    return Preprocessing(
        "Inputs are floats as in the arrays file of the run, not scaled;"
        f" training values were in [{scaler.low:g}, {scaler.high:g}].",
        _FLOATS.format(**words),
    )
