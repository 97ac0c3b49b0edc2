"""How each quantity of a comparison is measured, and how far it may be off.

A quantity may differ by the floor of its precision, or by ten times what one
rounding error in every weight and pixel does to our own value, whichever is
larger. The second is measured in the same run: how much the power iteration
amplifies rounding depends on xi and on the images, and Adam turns the sign of a
tiny gradient into a full step, so no table of constants would fit.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np

from xvat_tf.reference.side_by_side.quantity import (
    Quantity,
    one_minus_cosine,
    relative,
)

UNJUDGED = math.inf
# Our own runs on moved inputs; the farthest of them counts.
MOVED_RUNS = 2
_SAFETY = 10.0
# A bar above this would let real differences through: nothing is judged then.
_LOOSEST = 0.1
# Smallest bars: of losses, logits, divergences and statistics; of the arrays,
# perturbations and gradients.
_FLOORS = {
    "float64": {"value": 1e-9, "array": 1e-6},
    "float32": {"value": 2e-5, "array": 2e-5},
}
_EARLY_STEPS = 5
_TITLES = {
    "logits_train": "logits, training",
    "logits_eval": "logits, evaluation",
    "kl": "KL of given logits",
    "r_vadv": "r_vadv",
    "vat_loss": "VAT loss",
    "loss": "total loss",
}
_GROUPS = {"gradient": "gradients", "statistic": "batch-norm statistics"}
_ARRAYS = ("r_vadv", "gradient")

Values = dict[str, np.ndarray]


def compare_quantities(
    ours: Values, theirs: Values, moved: list[Values], dtype: str
) -> list[Quantity]:
    """A row for every quantity, r_vadv with its norms and cosine.

    Of values by name; `moved` are ours where the inputs are moved by rounding
    errors.
    """
    rows = []
    for name in _ordered(name for name in theirs if not _is_step(name)):
        values = (ours[name], theirs[name], [run[name] for run in moved])
        if name == "r_vadv":
            rows += _perturbation_rows(*values, dtype)
        else:
            rows.append(_row(name, relative, *values, dtype))
    return rows + _path_rows(ours, theirs, moved, _FLOORS[dtype]["value"])


def by_step(losses: list[float]) -> dict[str, np.ndarray]:
    """Losses as quantities: `step/0` is the first."""
    return {f"step/{i}": np.asarray(loss) for i, loss in enumerate(losses)}


def _ordered(names):
    order = [*_TITLES, *_GROUPS]
    return sorted(names, key=lambda name: order.index(name.split("/")[0]))


def _is_step(name):
    return name.startswith("step/")


def _path_rows(ours, theirs, moved, floor):
    """Paths that parted stay apart: no bar is below that of a step before."""
    rows, widest = [], 0.0
    for i, name in enumerate(filter(_is_step, theirs)):
        values = [run[name] for run in moved]
        widest = max(widest, spread(relative, ours[name], values))
        bar = tolerance(widest, floor)
        early = i < _EARLY_STEPS
        group = f"Adam, steps 1-{_EARLY_STEPS}" if early else "Adam, later"
        title = f"step {i + 1}"
        rows.append(relative(title, ours[name], theirs[name], bar, group))
    return rows


def _perturbation_rows(ours, theirs, moved, dtype):
    norms = (_norms(ours), _norms(theirs), [_norms(r) for r in moved])
    return [
        _row("r_vadv, norms", relative, *norms, dtype),
        _row("r_vadv, cosine", one_minus_cosine, ours, theirs, moved, dtype),
        _row("r_vadv", relative, ours, theirs, moved, dtype),
    ]


def _norms(r):
    return np.linalg.norm(r.reshape(len(r), -1), axis=1)


def _row(name, measure, ours, theirs, moved, dtype):
    floor = _FLOORS[dtype]["array" if name.startswith(_ARRAYS) else "value"]
    bar = tolerance(spread(measure, ours, moved), floor)
    kind, _, variable = name.partition("/")
    group = _GROUPS.get(kind, "")
    title = variable if group else _TITLES.get(name, name)
    return measure(title, ours, theirs, bar, group)


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
