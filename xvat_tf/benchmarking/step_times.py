"""Step times of every method on one network, and of the peers."""

import contextlib
import dataclasses
import pathlib

import numpy as np

from xvat_tf.benchmarking import arithmetic, scaling
from xvat_tf.benchmarking.alternation import in_turns, ratio
from xvat_tf.benchmarking.cases import Case
from xvat_tf.benchmarking.compiled_step import CompiledStep
from xvat_tf.benchmarking.scaling import Link
from xvat_tf.benchmarking.this_machine import (
    MatrixProduct,
    peak_memory,
    reset_peak_memory,
)
from xvat_tf.reference.programs import Program
from xvat_tf.reference.side_by_side.child_process import ChildProcess

_MATRIX = "matrix product"


@dataclasses.dataclass(frozen=True)
class StepTimes:
    """What was measured of one method or peer; None where it has no meaning.

    Of a network, a key of `cases.timed_networks`. Samples are seconds of every
    step, in the order of the rounds; ratios are medians over the rounds of
    times, `share_of_matrix_rate` of rates. `forward_passes` are the cost in
    passes of one image, `gflop` the counted operations of a step, 10^9;
    `peak_bytes` the most memory while it took steps, of the GPU if there is
    one, else of the process; `first_call` the seconds of tracing, compiling and
    the first step.
    """

    network: str
    name: str
    samples: list[float]
    images: int
    ratio_to_vat: float | None = None
    ours_to_peer: float | None = None
    forward_passes: int | None = None
    gflop: float | None = None
    gflop_per_second: float | None = None
    share_of_matrix_rate: float | None = None
    peak_bytes: int | None = None
    first_call: float | None = None
    scaling: list | None = None


def measure(
    cases: list[Case],
    peers: list[Program],
    scratch: pathlib.Path,
    rounds: int,
    seconds: float,
    link: Link,
) -> list[StepTimes]:
    """Times all methods of one network in turns with its peers.

    At least so many rounds and seconds. The link is for the expected
    efficiency, `scratch` for the peers' files. Returns one per case, then one
    per peer.
    """
    steps = {case.method: CompiledStep(case) for case in cases}
    peaks = {name: _warm_up(step) for name, step in steps.items()}
    with contextlib.ExitStack() as stack:
        children = {
            peer.title: stack.enter_context(ChildProcess(peer, scratch))
            for peer in peers
        }
        for child in children.values():
            child.step()
        train = cases[0].settings.train
        kind = "TF32" if train.tf32 else train.precision
        product = MatrixProduct(kind.removeprefix("mixed_"))
        timed = {
            _MATRIX: product,
            **steps,
            **{name: child.step for name, child in children.items()},
        }
        samples = in_turns(timed, rounds, seconds)
        memories = {n: child.peak_memory() for n, child in children.items()}
    rates = [product.gflop / seconds for seconds in samples[_MATRIX]]
    found = [
        _of_ours(step, peaks[name], samples, rates, link)
        for name, step in steps.items()
    ]
    return found + [
        _of_peer(peer, cases[0], memories[peer.title], samples)
        for peer in peers
    ]


def _of_ours(step, peak, samples, rates, link):
    case, own = step.case, samples[step.case.method]
    settings, median = case.settings, float(np.median(own))
    gflop = arithmetic.step_gflop(step.trainer, settings)
    return StepTimes(
        network=case.network,
        name=case.method,
        samples=own,
        images=step.images,
        ratio_to_vat=_ratio(samples, case.method, "vat"),
        forward_passes=sum(p.forward_passes for p in settings.passes()),
        gflop=gflop,
        gflop_per_second=gflop / median,
        # Of the matrix product in the same round.
        share_of_matrix_rate=ratio([gflop / rate for rate in rates], own),
        peak_bytes=peak,
        first_call=step.first_call,
        scaling=scaling.expected(settings, step.trainer, median, link),
    )


def _of_peer(peer, case, peak, samples):
    train = case.settings.train
    unlabeled = 0 if peer.ours == "mle" else train.ul_batch_size
    return StepTimes(
        network=case.network,
        name=peer.title,
        samples=samples[peer.title],
        images=train.batch_size + unlabeled,
        ratio_to_vat=_ratio(samples, peer.title, "vat"),
        ours_to_peer=_ratio(samples, peer.ours, peer.title),
        peak_bytes=peak,
    )


def _warm_up(step):
    reset_peak_memory()
    step.warm_up()
    return peak_memory()


def _ratio(samples, one, other):
    """Of two that ran side by side; None if either did not."""
    if one not in samples or other not in samples:
        return None
    return ratio(samples[one], samples[other])
