"""Timing in turns, so that what the machine does else meets all alike."""

import time
from collections.abc import Callable, Mapping

import numpy as np


def in_turns(
    steps: Mapping[str, Callable[[], float]], rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Takes one step of each, A B C A B C, until both limits are reached.

    A step returns its seconds, which are returned by name, one per round.
    """
    samples = {name: [] for name in steps}
    start, done = time.perf_counter(), 0
    while done < rounds or time.perf_counter() - start < seconds:
        for name, step in steps.items():
            samples[name].append(step())
        done += 1
    return samples


def quantiles(samples: list[float]) -> tuple[float, float, float]:
    """Median, 10th and 90th percentile."""
    return tuple(float(q) for q in np.quantile(samples, (0.5, 0.1, 0.9)))


def ratio(samples: list[float], other: list[float]) -> float:
    """Median over the rounds of the ratio of two that ran side by side."""
    return float(np.median(np.divide(samples, other)))
