"""The benchmark's tables."""

from xvat_tf.benchmarking.alternation import quantiles
from xvat_tf.benchmarking.step_times import StepTimes
from xvat_tf.markdown import table

_HEADER = (
    "method",
    "median ms",
    "p10",
    "p90",
    "images/s",
    "/ vat",
    "ours / peer",
    "passes",
    "GFLOP",
    "GFLOP/s",
    "of matrix rate",
    "peak MiB",
    "first call s",
)
# Time to that of VAT: the abstract's "about 30 % faster".
_PUBLISHED = {
    "vat": "1",
    "xvat-inductive": "about 0.7",
    "xvat-transductive": "about 0.7",
}


def step_table(measured: list[StepTimes]) -> str:
    """One network's methods and peers, a line each."""
    return table(_HEADER, [_step_row(times) for times in measured])


def _step_row(times):
    median, low, high = quantiles(times.samples)
    return (
        times.name,
        *(f"{1e3 * t:.4g}" for t in (median, low, high)),
        f"{times.images / median:.4g}",
        _number(times.ratio_to_vat, ".2f"),
        _number(times.ours_to_peer, ".2f"),
        _number(times.forward_passes, "d"),
        _number(times.gflop, ".4g"),
        _number(times.gflop_per_second, ".4g"),
        _number(times.share_of_matrix_rate, ".0%"),
        _number(times.peak_bytes and times.peak_bytes // 2**20, "d"),
        _number(times.first_call, ".1f"),
    )


def _number(value, form):
    return "–" if value is None else format(value, form)


def epoch_table(measured: list[StepTimes], steps: dict[str, int]) -> str:
    """Seconds per epoch, the form of the paper's Table 3.

    Args:
        measured: Of any networks.
        steps: Steps of an epoch, by network.
    """
    header = ("network", "method", "steps", "s per epoch", "/ vat", "paper")
    rows = [
        (
            t.network,
            t.name,
            str(steps[t.network]),
            f"{steps[t.network] * quantiles(t.samples)[0]:.3g}",
            _number(t.ratio_to_vat, ".2f"),
            _PUBLISHED.get(t.name, "–"),
        )
        for t in measured
    ]
    return table(header, rows)


def scaling_table(measured: list[StepTimes]) -> str:
    """Expected efficiency of each method with more workers."""
    header = ("network", "method", "workers", "MB sent", "ms", "efficiency")
    rows = [
        (
            t.network,
            t.name,
            str(e.workers),
            f"{e.sent / 1e6:.3g}",
            f"{1e3 * e.communication:.3g}",
            f"{e.efficiency:.1%}",
        )
        for t in measured
        for e in t.scaling or ()
    ]
    return table(header, rows)
