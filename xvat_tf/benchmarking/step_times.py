"""Step times of every method on one network, and of the peers."""

import contextlib
import dataclasses
import pathlib

import numpy as np

from xvat_tf.benchmarking import arithmetic, scaling
from xvat_tf.benchmarking.alternation import in_turns, ratio
from xvat_tf.benchmarking.cases import Case
from xvat_tf.benchmarking.compiled_step import CompiledStep
from xvat_tf.benchmarking.peers import Peer
from xvat_tf.benchmarking.scaling import Link
from xvat_tf.benchmarking.this_machine import (
    MatrixProduct,
    peak_memory,
    reset_peak_memory,
)
from xvat_tf.reference.side_by_side.child_process import ChildProcess

_MATRIX = "matrix product"


@dataclasses.dataclass(frozen=True)
class StepTimes:
    """What was measured of one method or peer; None where it has no meaning.

    Attributes:
        network: Key of `cases.timed_networks`.
        name: Method, or program and method.
        samples: Seconds of every step, in the order of the rounds.
        images: Images in a step.
        ratio_to_vat: Median over the rounds of time to that of our vat.
        ours_to_peer: Of a peer, the same of our time to the peer's.
        forward_passes: Cost in forward passes of one image.
        gflop: Counted operations of a step, 10^9.
        gflop_per_second: Those over the median time.
        share_of_matrix_rate: Of the machine's rate in the same rounds.
        peak_bytes: Most memory while it took steps, of the GPU if there is
            one, else of the process.
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
    gflop_per_second: float | None = None
    share_of_matrix_rate: float | None = None
    peak_bytes: int | None = None
    first_call: float | None = None
    scaling: list | None = None


def measure(
    cases: list[Case],
    peers: list[Peer],
    scratch: pathlib.Path,
    rounds: int,
    seconds: float,
    link: Link,
    profile: str = "",
) -> list[StepTimes]:
    """Times all methods of one network in turns with its peers.

    Args:
        cases: Of one network.
        peers: Reference programs for it.
        scratch: Folder for the peers' files.
        rounds: Least steps of each.
        seconds: Least time of all together.
        link: Network between workers, for the expected efficiency.
        profile: Folder for TensorBoard profiles; empty for none.

    Returns:
        One per case, then one per peer.
    """
    steps = {case.method: CompiledStep(case) for case in cases}
    peaks = {name: _warm_up(step) for name, step in steps.items()}
    if profile:
        for name, step in steps.items():
            step.profile(f"{profile}/{cases[0].network}-{name}")
    with contextlib.ExitStack() as stack:
        children = {
            peer.name: stack.enter_context(ChildProcess(peer.program, scratch))
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
    ours = [
        _of_ours(steps[name], samples, rates, peaks[name], link)
        for name in steps
    ]
    return ours + [
        _of_peer(cases, peer, samples, memories[peer.name]) for peer in peers
    ]


def _warm_up(step):
    reset_peak_memory()
    step.warm_up()
    return peak_memory()


def _of_ours(step, samples, rates, peak, link):
    case = step.case
    own = samples[case.method]
    gflop = arithmetic.step_gflop(step.trainer, case.settings)
    return StepTimes(
        network=case.network,
        name=case.method,
        samples=own,
        images=step.images,
        ratio_to_vat=_ratio_to_vat(own, samples),
        forward_passes=sum(p.forward_passes for p in case.settings.passes()),
        gflop=gflop,
        gflop_per_second=gflop / float(np.median(own)),
        # Of the matrix product in the same round.
        share_of_matrix_rate=ratio([gflop / rate for rate in rates], own),
        peak_bytes=peak,
        first_call=step.first_call,
        scaling=scaling.expected(
            case.settings, step.trainer, float(np.median(own)), link
        ),
    )


def _of_peer(cases, peer, samples, peak):
    train, own = cases[0].settings.train, samples[peer.name]
    unlabeled = 0 if peer.ours == "mle" else train.ul_batch_size
    return StepTimes(
        network=cases[0].network,
        name=peer.name,
        samples=own,
        images=train.batch_size + unlabeled,
        ratio_to_vat=_ratio_to_vat(own, samples),
        ours_to_peer=(
            ratio(samples[peer.ours], own) if peer.ours in samples else None
        ),
        peak_bytes=peak,
    )


def _ratio_to_vat(own, samples):
    if "vat" not in samples:
        return None
    return ratio(own, samples["vat"])
