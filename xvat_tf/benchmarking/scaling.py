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
    """A network between workers: rate of each, both ways at once, and latency.

    The latency is in microseconds from one worker to the next.
    """

    gbit_per_second: float
    latency_us: float

    def seconds(self, sent: float, workers: int) -> float:
        """Time of ring all-reduces in which each worker sends `sent` bytes."""
        steps = 2 * (workers - 1) * _COLLECTIVES
        rate = self.gbit_per_second * 1e9 / 8
        return sent / rate + steps * self.latency_us * 1e-6


def expected(settings, trainer, step_seconds: float, link: Link) -> list[dict]:
    """What 8, 64 and 512 `workers` of a run would do.

    Each has `sent` bytes and `communication` seconds a step; `efficiency` is
    the share of the time that is computing, in (0, 1].
    """
    found = []
    for workers in WORKERS:
        sent = sum(bytes_per_step(settings, trainer, workers).values())
        communication = link.seconds(sent, workers)
        found.append(
            {
                "workers": workers,
                "sent": sent,
                "communication": communication,
                "efficiency": step_seconds / (step_seconds + communication),
            }
        )
    return found


def bytes_per_step(
    settings: Settings, trainer, workers: int
) -> dict[str, float]:
    """Counts bytes that a worker sends, and receives, in a step's all-reduces.

    A ring all-reduce of b bytes sends 2 (W - 1) / W b from each of W workers:
    that much of it to be summed, and again to be spread. Gives those of
    gradients (`classifier`, inductive `generator`), `statistics` of batch norm,
    with sync_bn `synchronized` moments and their gradients, `values` (losses,
    accuracies and votes). A mask table's rows stay where they are.
    """
    classifier, method = trainer.classifier, settings.method
    states = [
        variable
        for variable in classifier.non_trainable_variables
        if "float" in variable.dtype
    ]
    passes = settings.passes() if settings.network.sync_bn else []
    ascending = []
    if trainer.generator is not None and not method.has_table:
        ascending = trainer.generator.trainable_variables
    numbers = {
        "classifier": _numbers(classifier.trainable_variables),
        "generator": _numbers(ascending),
        "statistics": _numbers(states),
        # Two numbers per channel each way that a pass goes.
        "synchronized": _numbers(states) * sum(1 + p.backward for p in passes),
        "values": 2 * len(trainer.tags) + _WISHES,
    }
    share = 2 * (workers - 1) / workers * _ITEM_SIZES[settings.train.dtype]
    return {name: share * count for name, count in numbers.items()}


def _numbers(variables):
    return sum(math.prod(variable.shape) for variable in variables)
