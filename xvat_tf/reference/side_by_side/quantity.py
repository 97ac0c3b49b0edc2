"""One compared number or array: how far apart, and how far it may be."""

import dataclasses
import math
from collections.abc import Iterable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A comparison of a value of ours with a reference value, or of L2 norms.

    The error is a distance of a kind (`"relative"`, `"absolute"`, `"1 -
    cosine"`), 0 or above; NaN counts as outside. The bar is the largest one
    that arithmetic allows. An infinite one means that it carries no comparison:
    shown, not judged. Those of one group share a line of the table: the worst
    of them.
    """

    name: str
    error: float
    bar: float
    kind: str = "relative"
    theirs: float = math.nan
    ours: float = math.nan
    group: str = ""

    @property
    def inside(self) -> bool:
        """Whether the distance is within its bar."""
        return math.isfinite(self.error) and self.error <= self.bar

    @property
    def badness(self) -> float:
        """Distance in bars; above 1 is outside."""
        if not math.isfinite(self.error):
            return math.inf
        # A bar of 0 asks for equality, an infinite one for nothing.
        if self.bar == 0:
            return 0.0 if self.error == 0 else math.inf
        return self.error / self.bar


def worst(found: Iterable[Quantity]) -> Quantity:
    """The quantity that is farthest outside, or closest to its bar."""
    return max(found, key=lambda one: one.badness)


def relative(name: str, found, expected, bar: float, group="") -> Quantity:
    """|found - expected| / |expected| in the L2 norm of the whole array."""
    found, expected = _arrays(found, expected)
    scale = np.linalg.norm(expected)
    distance = np.linalg.norm(found - expected)
    error = distance / scale if scale else distance
    return _quantity(name, error, bar, "relative", found, expected, group)


def absolute(name: str, found, expected, bar: float, group="") -> Quantity:
    """Largest |found - expected| of any entry."""
    found, expected = _arrays(found, expected)
    error = np.max(np.abs(found - expected), initial=0.0)
    return _quantity(name, error, bar, "absolute", found, expected, group)


def one_minus_cosine(
    name: str, found, expected, bar: float, group=""
) -> Quantity:
    """1 - the smallest cosine of the examples (the first axis)."""
    found, expected = _arrays(found, expected)
    a, b = (x.reshape(len(x), -1) for x in (found, expected))
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    error = 1 - (np.sum(a * b, axis=1) / norms).min()
    return _quantity(name, error, bar, "1 - cosine", found, expected, group)


def _arrays(found, expected):
    found = np.asarray(found, np.float64)
    return found, np.asarray(expected, np.float64).reshape(found.shape)


def _quantity(name, error, bar, kind, found, expected, group):
    sizes = _size(expected), _size(found)
    return Quantity(name, float(error), bar, kind, *sizes, group or name)


def _size(value):
    return float(value) if value.ndim == 0 else float(np.linalg.norm(value))
