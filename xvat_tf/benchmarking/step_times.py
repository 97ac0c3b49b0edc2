"""Step times of every method on one network, and of the peers."""

import contextlib
import dataclasses
import pathlib

import numpy as np

from xvat_tf.benchmarking import (
    alternation,
    arithmetic,
    memory,
    profiler,
    scaling,
)
from xvat_tf.benchmarking.cases import Case
from xvat_tf.benchmarking.compiled_step import CompiledStep
from xvat_tf.benchmarking.machine_rate import MatrixProduct
from xvat_tf.benchmarking.needed_passes import needed_passes
from xvat_tf.benchmarking.scaling import Link

_MATRIX = "matrix product"


@dataclasses.dataclass(frozen=True)
class StepTimes:
    """What was measured of one method or peer; None where it has no meaning.

    Attributes:
        network: Key of `cases.NETWORKS`.
        name: Method, or program and method.
        samples: Seconds of every step, in the order of the rounds.
        images: Images in a step.
        ratio_to_vat: Median over the rounds of time to that of our vat.
        ours_to_peer: Of a peer, the same of our time to the peer's.
        forward_passes: Cost in forward passes of one image.
        gflop: Counted operations of a step, 10^9.
        profiler_gflop: The count of TensorFlow's profiler.
        gflop_per_second: The former over the median time.
        share_of_matrix_rate: Of the machine's rate in the same rounds.
        peak_bytes: Most memory of the process while it took steps.
        first_call: Seconds of tracing, compiling and the first step.
        scaling: Expected efficiency with more workers.
    """

    network: str
    name: str
    samples: list[float]
    images: int
    ratio_to_vat: float | None = None
    ours_to_peer: float | None = None
    forward_passes: int | None = None
    gflop: float | None = None
    profiler_gflop: float | None = None
    gflop_per_second: float | None = None
    share_of_matrix_rate: float | None = None
    peak_bytes: int | None = None
    first_call: float | None = None
    scaling: list | None = None


def measure(
    cases: list[Case],
    peers: list,
    scratch: pathlib.Path,
    rounds: int,
    seconds: float,
    link: Link,
    profile: str = "",
) -> list[StepTimes]:
    """Times all methods of one network in turns with its peers.

    Args:
        cases: Of one network.
        peers: Makers of peers for it.
        scratch: Folder for the peers' files.
        rounds: Least steps of each.
        seconds: Least time of all together.
        link: Network between workers, for the expected efficiency.
        profile: Folder for TensorBoard profiles; empty for none.

    Returns:
        One per case, then one per peer.

    Raises:
        UserError: A peer cannot be run.
    """
    steps = {case.method: CompiledStep(case) for case in cases}
    peaks = {name: _warm_up(step) for name, step in steps.items()}
    if profile:
        for name, step in steps.items():
            profiler.record(step, f"{profile}/{cases[0].network}-{name}")
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(peer(scratch)) for peer in peers]
        for child in children:
            child.step()
        precision = cases[0].settings.train.precision.removeprefix("mixed_")
        timed = {
            _MATRIX: MatrixProduct(precision),
            **steps,
            **{child.name: child.step for child in children},
        }
        samples = alternation.in_turns(timed, rounds, seconds)
        memories = {child.name: child.peak_memory() for child in children}
    ours = [_of_ours(steps[name], samples, peaks[name], link) for name in steps]
    return ours + [
        _of_peer(cases, child, samples, memories[child.name])
        for child in children
    ]


def _warm_up(step):
    memory.reset_peak()
    step.warm_up()
    return memory.peak()


def _of_ours(step, samples, peak, link):
    case = step.case
    own = samples[case.method]
    gflop = arithmetic.step_gflop(step.trainer, case.settings)
    return StepTimes(
        network=case.network,
        name=case.method,
        samples=own,
        images=step.images,
        ratio_to_vat=_ratio_to_vat(own, samples),
        forward_passes=sum(
            p.forward_passes for p in needed_passes(case.settings)
        ),
        gflop=gflop,
        profiler_gflop=profiler.product_gflop(step.graph),
        gflop_per_second=gflop / float(np.median(own)),
        share_of_matrix_rate=_share(gflop, own, samples[_MATRIX]),
        peak_bytes=peak,
        first_call=step.first_call,
        scaling=scaling.expected(
            case.settings, step.trainer, float(np.median(own)), link
        ),
    )


def _share(gflop, samples, matrix_samples):
    """Rate of the step over that of the matrix product of the same round."""
    times = alternation.ratio(matrix_samples, samples)
    return times * gflop / MatrixProduct.gflop


def _of_peer(cases, child, samples, peak):
    train = cases[0].settings.train
    unlabeled = 0 if child.method == "mle" else train.ul_batch_size
    return StepTimes(
        network=cases[0].network,
        name=child.name,
        samples=samples[child.name],
        images=train.batch_size + unlabeled,
        ratio_to_vat=_ratio_to_vat(samples[child.name], samples),
        ours_to_peer=_ours_to_peer(child, samples),
        peak_bytes=peak,
    )


def _ratio_to_vat(own, samples):
    if "vat" not in samples:
        return None
    return alternation.ratio(own, samples["vat"])


def _ours_to_peer(child, samples):
    ours = "-".join(filter(None, (child.method, child.mask_model)))
    if ours not in samples:
        return None
    return alternation.ratio(samples[ours], samples[child.name])
