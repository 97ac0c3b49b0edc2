"""What the caller of an exported network must do to pixels first."""

from typing import Any

import numpy as np

from xvat_tf.data import PreparedData
from xvat_tf.data.scaling import RangeScaler, ZcaScaler
from xvat_tf.datasets import find_dataset
from xvat_tf.files.templates import read_template
from xvat_tf.settings import DataSettings


def arrays(data: PreparedData) -> dict[str, np.ndarray]:
    """What `preprocessing.npz` holds, by name; empty for no file."""
    scaler = data.scaler
    if data.basis is not None:
        return {"basis": data.basis}
    if isinstance(scaler, ZcaScaler):
        zca = {"mean": scaler.zca.mean, "components": scaler.zca.components}
        return {name: part.astype(scaler.dtype) for name, part in zca.items()}
    return {}


def describe(settings: DataSettings, data: PreparedData) -> Any:
    """How stored images become inputs of the networks, for the card.

    Returns:
        Macros: `text()`, in words, and `code()`, Python that defines
        `prepare(images)`, to be run in the folder.
    """
    kinds = {RangeScaler: "pixels", ZcaScaler: "whitened"}
    kind = kinds.get(type(data.scaler), "floats")
    return read_template(__package__, "preprocessing.jinja").make_module(
        {
            "kind": kind if data.basis is None else "plane",
            "scaler": data.scaler,
            "dimensions": data.image_shape,
            "before": find_dataset(settings.dataset).before,
        }
    )
