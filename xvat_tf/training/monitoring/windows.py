"""Points of the training curves: means over the steps between two of them."""

import statistics
import time

import numpy as np

from xvat_tf.records.forms import Progress


class Windows:
    """The points since the last evaluation, and the one that is forming.

    Its means form in the trainer's metrics, which a checkpoint holds; so a
    continued run makes the same points as one that was never stopped.
    """

    def __init__(self, progress: Progress):
        self._closed = list(progress.windows)
        self._start = progress.window_start
        self.start_clock(progress.step)

    def start_clock(self, step: int) -> None:
        """The next point's seconds per step are of the steps from here on."""
        self._timed_from = step, time.monotonic()

    def is_open(self, step: int) -> bool:
        """Whether steps were taken since the last point."""
        return step > self._start

    def close(self, step: int, means: dict[str, float]) -> float:
        """Makes a point of means by tag; returns seconds per step."""
        first, began = self._timed_from
        seconds = (time.monotonic() - began) / max(step - first, 1)
        self._closed.append((step - self._start, seconds, dict(means)))
        self._start = step
        return seconds

    def clear(self) -> None:
        """Forgets the points, at an evaluation."""
        self._closed = []

    def seconds_per_step(self) -> float:
        """Median of the points."""
        return statistics.median(seconds for _, seconds, _ in self._closed)

    def means(self) -> dict[str, float]:
        """Means by tag over all steps of the points."""
        counts = [count for count, _, _ in self._closed]
        return {
            tag: float(
                np.average(
                    np.array(
                        [means[tag] for _, _, means in self._closed], float
                    ),
                    weights=counts,
                )
            )
            for tag in self._closed[0][2]
        }

    def recorded(self) -> dict:
        """The fields of `Progress` that are of the points."""
        return {"windows": tuple(self._closed), "window_start": self._start}
