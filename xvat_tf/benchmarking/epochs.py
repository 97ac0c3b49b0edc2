"""Seconds per epoch, the form of the paper's Table 3. No TensorFlow."""

import statistics
import typing
from collections.abc import Mapping, Sequence

from xvat_tf.markdown import number

HEADER = ("network", "method", "steps", "s per epoch", "/ vat", "paper")
# Time to that of VAT: the abstract's "about 30 % faster".
_PUBLISHED = {
    "vat": "1",
    "xvat-inductive": "about 0.7",
    "xvat-transductive": "about 0.7",
}


class Timed(typing.Protocol):
    """What is read of `step_times.StepTimes`."""

    network: str
    name: str
    samples: Sequence[float]
    ratio_to_vat: float | None


def row(timed: Timed, steps: Mapping[str, int]) -> tuple[str, ...]:
    """The texts of one method or peer.

    Args:
        timed: Its times.
        steps: Steps of an epoch, by network.
    """
    count = steps[timed.network]
    return (
        timed.network,
        timed.name,
        str(count),
        f"{count * statistics.median(timed.samples):.3g}",
        number(timed.ratio_to_vat, ".2f"),
        _PUBLISHED.get(timed.name, "–"),
    )
