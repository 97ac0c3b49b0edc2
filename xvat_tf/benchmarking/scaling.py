"""What more workers would gain: measured step times, counted bytes.

Each worker takes the measured step on a batch of its own and then sends; that
nothing is sent while the step computes makes this a lower bound.
"""

import dataclasses
import math

from xvat_tf.settings import Settings

WORKERS = (8, 64, 512)
# One for the gradients, one for everything else.
_COLLECTIVES = 2
_WISHES = 3
_ITEM_SIZES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}


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


@dataclasses.dataclass(frozen=True)
class Traffic:
    """Bytes per step that one worker sends, and receives as many.

    Attributes:
        classifier: Gradients of the classifier.
        generator: Gradients of the inductive generator.
        statistics: Moving statistics of batch norm.
        synchronized: Batch moments and their gradients, with sync_bn.
        values: Losses, accuracies and votes.
        table: The mask table, whose rows stay where they are: 0.
    """

    classifier: float
    generator: float
    statistics: float
    synchronized: float
    values: float
    table: float = 0.0

    @property
    def total(self) -> float:
        """All of them."""
        return float(sum(dataclasses.astuple(self)))


def bytes_per_step(settings: Settings, trainer, workers: int) -> Traffic:
    """Counts what the all-reduces of a step send; 0 with one worker.

    A ring all-reduce of b bytes sends 2 (W - 1) / W b from each of W workers:
    that much of it to be summed, and again to be spread.
    """
    share = 2 * (workers - 1) / workers
    classifier, generator = trainer.classifier, trainer.generator
    learned = classifier.trainable_variables
    item = _ITEM_SIZES[settings.train.dtype]
    states = [
        variable
        for variable in classifier.non_trainable_variables
        if "float" in variable.dtype
    ]
    statistics = _numbers(states) * item
    passes = settings.passes() if settings.network.sync_bn else []
    travels = generator is not None and not settings.method.has_table
    ascending = generator.trainable_variables if travels else []
    values = (2 * len(trainer.tags) + _WISHES) * item
    return Traffic(
        classifier=share * _numbers(learned) * item,
        generator=share * _numbers(ascending) * item,
        statistics=share * statistics,
        # Two numbers per channel each way that a pass goes.
        synchronized=share * statistics * sum(1 + p.backward for p in passes),
        values=share * values,
    )


def _numbers(variables):
    return sum(math.prod(variable.shape) for variable in variables)
