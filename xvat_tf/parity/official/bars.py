"""How far apart the two sides may be: what their arithmetic allows.

From jiggling the official program's own inputs by one rounding error. The
power iteration divides a difference of almost equal predictions by xi, so the
bars depend on it; Adam turns the sign of a tiny gradient into a full step, so
two correct programs part with the steps.
"""

import dataclasses
import math

UNJUDGED = math.inf
# Steps of a path that the bars of `path` are for; later ones count in `late`.
EARLY_STEPS = 5


@dataclasses.dataclass(frozen=True)
class Bars:
    """Largest distances; relative where not said otherwise.

    Args:
        logits: Absolute, of logits and moving statistics.
        kl: Of the divergence of given logits.
        r: Of r_vadv: relative in float64, 1 - cosine in float32.
        vat_loss: Of the VAT loss.
        loss: Of the total loss.
        gradient: Of the gradient of each variable, in the L2 norm.
        path: Of the loss at training steps 1 to 5.
        late: Of the loss at all later steps.
    """

    logits: float
    kl: float
    r: float
    vat_loss: float
    loss: float
    gradient: float
    path: tuple[float, float, float, float, float]
    late: float


_DOUBLE = {
    "baseline": Bars(
        1e-9, 1e-10, 0, 0, 1e-9, 1e-6, (1e-8,) * EARLY_STEPS, 1e-6
    ),
    "coarse": Bars(
        1e-9, 1e-10, 1e-5, 1e-6, 1e-6, 1e-6, (1e-8, *(1e-7,) * 4), 1e-4
    ),
    "fine": Bars(
        1e-9,
        1e-10,
        1e-5,
        1e-6,
        1e-6,
        1e-6,
        (1e-8, 1e-6, 1e-6, 5e-3, 5e-3),
        UNJUDGED,
    ),
    "official": Bars(
        1e-9,
        1e-10,
        1e-4,
        1e-5,
        1e-5,
        1e-4,
        (1e-5, 5e-3, 5e-3, 5e-2, 5e-2),
        UNJUDGED,
    ),
}
_ROUGH_PATH = (5e-3, 0.2, 0.2, 0.2, 0.2)
_SINGLE = {
    "baseline": Bars(
        1e-4,
        1e-5,
        0,
        0,
        1e-5,
        3e-2,
        (2e-3, 2e-3, 2e-3, 1e-2, 1e-2),
        UNJUDGED,
    ),
    "coarse": Bars(1e-4, 1e-5, 5e-4, 3e-3, 3e-4, 3e-2, _ROUGH_PATH, UNJUDGED),
    "fine": Bars(1e-4, 1e-5, 2e-3, 1e-1, 5e-3, 2e-1, _ROUGH_PATH, UNJUDGED),
    "official": Bars(
        1e-4,
        1e-5,
        UNJUDGED,
        UNJUDGED,
        UNJUDGED,
        UNJUDGED,
        (UNJUDGED,) * EARLY_STEPS,
        UNJUDGED,
    ),
}


def bars(method: str, dtype: str, xi: float, num_power_iterations: int) -> Bars:
    """Chooses the bars of a comparison.

    Args:
        method: `"baseline"`, `"vat"` or `"vatent"`.
        dtype: `"float32"` or `"float64"`.
        xi: Finite-difference length; below 1e-3 float32 has no bars.
        num_power_iterations: More than one are coarser in float32.

    Returns:
        The bars.
    """
    table = _DOUBLE if dtype == "float64" else _SINGLE
    if method == "baseline":
        return table["baseline"]
    if xi < 1e-3:
        return table["official"]
    if xi < 0.1 or (dtype == "float32" and num_power_iterations > 1):
        return table["fine"]
    return table["coarse"]
