"""Other parts of xvat: perceptrons, VAT and AT, its CNN, the moons."""

from collections.abc import Mapping

import numpy as np

from xvat_tf.parity.golden.recorded_training import precision
from xvat_tf.parity.golden.xvat_torch_models.convolutions import (
    check_convolutions,
)
from xvat_tf.parity.golden.xvat_torch_models.perceptrons import (
    check_additive,
    check_perceptrons,
)
from xvat_tf.parity.golden.xvat_torch_models.plane import check_plane
from xvat_tf.parity.golden.xvat_torch_models.schema import SCHEMA
from xvat_tf.parity.quantity import Quantity

__all__ = ["SCHEMA", "check"]


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares in double precision.

    Args:
        arrays: Contents of xvat_torch_models.npz.

    Returns:
        Logits, losses, gradients, perturbations.
    """
    with precision("float64"):
        return [
            *check_perceptrons(arrays),
            *check_additive(arrays),
            *check_convolutions(arrays),
            *check_plane(arrays),
        ]
