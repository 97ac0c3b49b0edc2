"""One compared number or array: how far apart, and how far it may be."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A comparison of a value of ours with a reference value.

    Args:
        name: What was compared.
        error: Distance, 0 or above; NaN counts as outside.
        bar: Largest distance that arithmetic allows.
        kind: `"relative"`, `"absolute"`, or `"1 - cosine"`.
    """

    name: str
    error: float
    bar: float
    kind: str = "relative"

    @property
    def inside(self) -> bool:
        """Whether the distance is within its bar."""
        return math.isfinite(self.error) and self.error <= self.bar


def relative(name: str, found, expected, bar: float) -> Quantity:
    """|found - expected| / |expected| in the L2 norm of the whole array."""
    found, expected = _arrays(found, expected)
    scale = np.linalg.norm(expected)
    distance = np.linalg.norm(found - expected)
    return Quantity(name, float(distance / scale if scale else distance), bar)


def absolute(name: str, found, expected, bar: float) -> Quantity:
    """Largest |found - expected| of any entry."""
    found, expected = _arrays(found, expected)
    distance = np.max(np.abs(found - expected), initial=0.0)
    return Quantity(name, float(distance), bar, "absolute")


def one_minus_cosine(name: str, found, expected, bar: float) -> Quantity:
    """1 - the smallest cosine of the examples (the first axis)."""
    found, expected = _arrays(found, expected)
    a, b = (x.reshape(len(x), -1) for x in (found, expected))
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = np.sum(a * b, axis=1) / norms
    return Quantity(name, float(1 - cosine.min()), bar, "1 - cosine")


def _arrays(found, expected):
    found = np.asarray(found, np.float64)
    return found, np.asarray(expected, np.float64).reshape(found.shape)
