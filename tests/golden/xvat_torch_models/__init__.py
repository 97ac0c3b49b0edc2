"""Other parts of xvat: perceptrons, VAT and AT, its CNN, the moons."""

from collections.abc import Iterable, Mapping

import numpy as np

from tests.golden.recorded_training import precision
from tests.golden.xvat_torch_models.convolutions import check_convolutions
from tests.golden.xvat_torch_models.perceptrons import (
    check_additive,
    check_perceptrons,
)
from tests.golden.xvat_torch_models.plane import check_plane
from xvat_tf.reference.side_by_side.quantity import Quantity

# By the beginnings of their keys.
PARTS = {
    "mlp": check_perceptrons,
    "vat": check_additive,
    "cnn": check_convolutions,
    "syn": check_plane,
}


def check(
    arrays: Mapping[str, np.ndarray], parts: Iterable[str] = tuple(PARTS)
) -> list[Quantity]:
    """Compares in double precision."""
    with precision("float64"):
        return [q for part in parts for q in PARTS[part](arrays)]
