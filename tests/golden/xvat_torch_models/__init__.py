"""Other parts of xvat: perceptrons, VAT and AT, its CNN, the moons."""

from collections.abc import Mapping

import numpy as np

from tests.golden.recorded_training import precision
from tests.golden.xvat_torch_models.convolutions import (
    check_convolutions,
)
from tests.golden.xvat_torch_models.perceptrons import (
    check_additive,
    check_perceptrons,
)
from tests.golden.xvat_torch_models.plane import check_plane
from xvat_tf.reference.side_by_side.quantity import Quantity


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares in double precision."""
    with precision("float64"):
        return [
            *check_perceptrons(arrays),
            *check_additive(arrays),
            *check_convolutions(arrays),
            *check_plane(arrays),
        ]
