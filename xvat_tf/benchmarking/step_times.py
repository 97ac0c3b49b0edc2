"""Step times of every method on one network, and of the peers."""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Callable, Mapping

import numpy as np

from xvat_tf.benchmarking import arithmetic
from xvat_tf.benchmarking.cases import Case
from xvat_tf.benchmarking.compiled_step import CompiledStep
from xvat_tf.benchmarking.this_machine import (
    MatrixProduct,
    peak_memory,
    reset_peak_memory,
)
from xvat_tf.files.tables import as_markdown, number
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


def measure(
    cases: list[Case],
    peers: list[Program],
    scratch: pathlib.Path,
    rounds: int,
    seconds: float,
) -> list[StepTimes]:
    """Times all methods of one network in turns with its peers.

    At least so many rounds and seconds; `scratch` is for the peers' files.
    Returns one per case, then one per peer.
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
        _of_ours(step, peaks[name], samples, rates)
        for name, step in steps.items()
    ]
    return found + [
        _of_peer(peer, cases[0], memories[peer.title], samples)
        for peer in peers
    ]


def _of_ours(step, peak, samples, rates):
    case, own = step.case, samples[step.case.method]
    settings = case.settings
    gflop = arithmetic.step_gflop(step.trainer, settings)
    return StepTimes(
        network=case.network,
        name=case.method,
        samples=own,
        images=step.images,
        ratio_to_vat=_ratio(samples, case.method, "vat"),
        forward_passes=sum(p.forward_passes for p in settings.passes()),
        gflop=gflop,
        gflop_per_second=gflop / float(np.median(own)),
        # Of the matrix product in the same round.
        share_of_matrix_rate=ratio([gflop / rate for rate in rates], own),
        peak_bytes=peak,
        first_call=step.first_call,
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


def in_turns(
    steps: Mapping[str, Callable[[], float]], rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Takes one step of each, A B C A B C, until both limits are reached.

    So that what the machine does else meets all alike. A step returns its
    seconds, which are returned by name, one per round.
    """
    samples = {name: [] for name in steps}
    start, done = time.perf_counter(), 0
    while done < rounds or time.perf_counter() - start < seconds:
        for name, step in steps.items():
            samples[name].append(step())
        done += 1
    return samples


def ratio(samples: list[float], other: list[float]) -> float:
    """Median over the rounds of the ratio of two that ran side by side."""
    return float(np.median(np.divide(samples, other)))


def table(measured: list[StepTimes]) -> str:
    """One network's methods and peers, a line of Markdown each."""
    rows = list(map(_cells, measured))
    texts = [list(row.values()) for row in rows]
    return as_markdown(list(rows[0]), texts)


def _cells(times):
    median, low, high = np.quantile(times.samples, (0.5, 0.1, 0.9))
    peak = times.peak_bytes and times.peak_bytes // 2**20
    return {
        "method": times.name,
        "median ms": f"{1e3 * median:.4g}",
        "p10": f"{1e3 * low:.4g}",
        "p90": f"{1e3 * high:.4g}",
        "images/s": f"{times.images / median:.4g}",
        "/ vat": number(times.ratio_to_vat, ".2f"),
        "ours / peer": number(times.ours_to_peer, ".2f"),
        "passes": number(times.forward_passes, "d"),
        "GFLOP": number(times.gflop, ".4g"),
        "GFLOP/s": number(times.gflop_per_second, ".4g"),
        "of matrix rate": number(times.share_of_matrix_rate, ".0%"),
        "peak MiB": number(peak, "d"),
        "first call s": number(times.first_call, ".1f"),
    }
