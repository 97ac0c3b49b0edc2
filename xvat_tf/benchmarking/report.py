"""The benchmark's tables."""

from xvat_tf.benchmarking import epochs
from xvat_tf.benchmarking.alternation import quantiles
from xvat_tf.benchmarking.step_times import StepTimes
from xvat_tf.files.tables import as_markdown, number

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


def step_table(measured: list[StepTimes]) -> str:
    """One network's methods and peers, a line each."""
    return as_markdown(_HEADER, [_step_row(times) for times in measured])


def _step_row(times):
    median, low, high = quantiles(times.samples)
    return (
        times.name,
        *(f"{1e3 * t:.4g}" for t in (median, low, high)),
        f"{times.images / median:.4g}",
        number(times.ratio_to_vat, ".2f"),
        number(times.ours_to_peer, ".2f"),
        number(times.forward_passes, "d"),
        number(times.gflop, ".4g"),
        number(times.gflop_per_second, ".4g"),
        number(times.share_of_matrix_rate, ".0%"),
        number(times.peak_bytes and times.peak_bytes // 2**20, "d"),
        number(times.first_call, ".1f"),
    )


def epoch_table(measured: list[StepTimes], steps: dict[str, int]) -> str:
    """Seconds per epoch beside those of the paper's table 3."""
    rows = epochs.rows(list(map(vars, measured)), steps)
    return as_markdown(epochs.HEADER, rows, epochs.TEXT_COLUMNS)


def scaling_table(measured: list[StepTimes]) -> str:
    """Expected efficiency of each method with more workers."""
    header = ("network", "method", "workers", "MB sent", "ms", "efficiency")
    rows = [
        (
            times.network,
            times.name,
            str(one["workers"]),
            f"{one['sent'] / 1e6:.3g}",
            f"{1e3 * one['communication']:.3g}",
            f"{one['efficiency']:.1%}",
        )
        for times in measured
        for one in times.scaling or ()
    ]
    return as_markdown(header, rows)
