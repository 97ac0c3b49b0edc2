"""ZCA whitening. Ours is double precision whatever the data is."""

from collections.abc import Mapping

import numpy as np

from xvat_tf.data.zca import fit_zca
from xvat_tf.reference.side_by_side.quantity import Quantity, relative

_BAR = 1e-8


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares components, mean and whitened rows."""
    return [
        quantity
        for prefix, rows, reg in (
            ("", "x", "reg"),
            ("big_", "x_big", "reg"),
            ("big_reg_", "x_big", "big_reg"),
        )
        for quantity in _check_case(
            arrays, prefix, arrays[rows], float(arrays[reg])
        )
    ]


def _check_case(arrays, prefix, rows, reg):
    rows = rows.astype(np.float64)
    whitening = fit_zca(rows, reg)
    found = {
        "components": whitening.components,
        "mean": whitening.mean,
        "white": (rows - whitening.mean) @ whitening.components.T,
    }
    for key, value in found.items():
        name = f"{prefix}{key}"
        if f"{name}_f64" in arrays:
            yield relative(name, value, arrays[f"{name}_f64"], _BAR)
