"""What more workers would gain: measured step times, counted bytes.

Each worker takes the measured step on a batch of its own and then sends; that
nothing is sent while the step computes makes this a lower bound.
"""

import dataclasses

from xvat_tf.benchmarking.traffic import bytes_per_step

WORKERS = (8, 64, 512)
# One for the gradients, one for everything else.
_COLLECTIVES = 2


@dataclasses.dataclass(frozen=True)
class Link:
    """A network between workers.

    Args:
        gbit_per_second: Rate of each worker, both ways at once.
        latency_us: Microseconds from one worker to the next.
    """

    gbit_per_second: float
    latency_us: float

    def seconds(self, sent: float, workers: int) -> float:
        """Time of ring all-reduces in which each worker sends `sent` bytes."""
        steps = 2 * (workers - 1) * _COLLECTIVES
        rate = self.gbit_per_second * 1e9 / 8
        return sent / rate + steps * self.latency_us * 1e-6


@dataclasses.dataclass(frozen=True)
class Expected:
    """Of one method at one number of workers.

    Attributes:
        workers: How many.
        sent: Bytes that each sends per step.
        communication: Seconds per step of sending.
        efficiency: Share of the time that is computing, in (0, 1].
    """

    workers: int
    sent: float
    communication: float
    efficiency: float


def expected(settings, trainer, step_seconds: float, link: Link) -> list:
    """An `Expected` for each of 8, 64 and 512 workers of a run."""
    found = []
    for workers in WORKERS:
        sent = bytes_per_step(settings, trainer, workers).total
        communication = link.seconds(sent, workers)
        share = step_seconds / (step_seconds + communication)
        found.append(Expected(workers, sent, communication, share))
    return found
