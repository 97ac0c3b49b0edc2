"""How far apart the two sides may be: what their arithmetic allows.

A quantity may differ by the floor of its precision, or by ten times what one
rounding error in every weight and pixel does to our own value, whichever is
larger. The second is measured in the same run: how much the power iteration
amplifies rounding depends on xi and on the images, and Adam turns the sign of a
tiny gradient into a full step, so no table of constants would fit.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np

from xvat_tf.reference.side_by_side.quantity import Quantity

UNJUDGED = math.inf
# Our own runs on moved inputs; the farthest of them counts.
MOVED_RUNS = 2
_SAFETY = 10.0
# A bar above this would let real differences through: nothing is judged then.
_LOOSEST = 0.1


# Smallest bars: of losses, logits, divergences and statistics; of the arrays,
# perturbations and gradients.
FLOORS = {
    "float64": {"value": 1e-9, "array": 1e-6},
    "float32": {"value": 2e-5, "array": 2e-5},
}


def spread(
    measure: Callable[..., Quantity], ours: np.ndarray, moved: Iterable
) -> float:
    """How far rounding errors in the inputs, `moved`, move our own value."""
    return max(measure("", value, ours, 0).error for value in moved)


def tolerance(spread: float, floor: float) -> float:
    """The bar; `UNJUDGED` where rounding alone (`spread`) moves it too far."""
    bar = max(floor, _SAFETY * spread)
    return bar if bar <= _LOOSEST else UNJUDGED


def moved_by_rounding(
    inputs: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Every float moved to a neighbour, up, down or not at all."""
    return {name: _moved(array, rng) for name, array in inputs.items()}


def _moved(array, rng):
    if array.dtype.kind != "f":
        return array
    neighbours = (
        np.nextafter(array, -np.inf, dtype=array.dtype),
        array,
        np.nextafter(array, np.inf, dtype=array.dtype),
    )
    return np.choose(rng.integers(0, 3, array.shape), neighbours)
