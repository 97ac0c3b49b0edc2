"""What a comparison leaves behind: the table, its verdict, files."""

import dataclasses
import datetime
import math
import pathlib

import numpy as np

from xvat_tf.errors import UserError
from xvat_tf.files import write_json
from xvat_tf.files.tables import as_text
from xvat_tf.records.tags import TOTAL
from xvat_tf.reference.side_by_side.quantity import Outcome, Quantity, worst

RESULTS = "compare.json"
_HEAD = ("quantity", "theirs", "ours", "error", "measure", "bar", "inside")


def results_folder(log_dir: str | None) -> pathlib.Path:
    """Makes the folder of the results; None names one by the time.

    Raises:
        UserError: There are results already.
    """
    now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = pathlib.Path(log_dir or f"runs/compare-{now}")
    if (folder / RESULTS).exists():
        raise UserError(
            f"--log_dir={log_dir} holds the results of another comparison:"
            " name a new folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_results(
    folder: pathlib.Path, outcome: Outcome, settings: dict
) -> None:
    """Writes `compare.json`, and of joint steps both curves."""
    more: dict = {"settings": settings}
    found, theirs, ours = outcome.rows, outcome.theirs, outcome.ours
    if ours:
        more |= {"theirs": theirs, "ours": ours, "seconds": outcome.seconds}
        bars = [one.bar for one in found[-len(ours) :]]
        write_plot(folder / "losses.png", theirs, ours, bars)
        write_scalars(folder, theirs, ours)
    entries = [dataclasses.asdict(q) | {"inside": q.inside} for q in found]
    for entry in entries:
        del entry["group"]
    write_json(folder / RESULTS, {**more, "quantities": entries}, shared=True)


def table(found: list[Quantity]) -> str:
    """The quantities as text, one line per group."""
    groups = {}
    for one in found:
        groups.setdefault(one.group, []).append(one)
    lines = [_HEAD, *(_line(name, own) for name, own in groups.items())]
    return as_text(lines, "l" * len(_HEAD))


def _line(name, found):
    one = worst(found)
    if len(found) > 1:
        name = f"{name} ({len(found)}, worst {one.name})"
    judged = math.isfinite(one.bar)
    verdict = ("yes" if one.inside else "NO") if judged else "-"
    return (
        name,
        f"{one.theirs:.10g}",
        f"{one.ours:.10g}",
        f"{one.error:.1e}",
        one.kind,
        f"{one.bar:.0e}" if judged else "-",
        verdict,
    )


def verdict(found: list[Quantity]) -> str:
    """One line: what is outside, or how many are inside."""
    judged = [one for one in found if math.isfinite(one.bar)]
    # An infinite bar leaves NaN outside, as every bar does.
    outside = [one for one in found if not one.inside]
    if outside:
        farthest = worst(outside)
        return (
            f"{len(outside)} of {len(found)} quantities are OUTSIDE; the"
            f" worst: {farthest.name}, error {farthest.error:.1e}, bar"
            f" {farthest.bar:.0e}"
        )
    closest = worst(judged).name
    line = f"all {len(judged)} quantities are inside; closest: {closest}"
    if len(judged) == len(found):
        return line
    return (
        f"{line}; {len(found) - len(judged)} not judged: one rounding error in"
        " the inputs moves them by more than a hundredth"
    )


def step_times(outcome: Outcome) -> str:
    """Median step times of both sides and their ratio."""
    theirs, ours = map(outcome.median_seconds, ("theirs", "ours"))
    return (
        f"theirs {1000 * theirs:.0f} ms, ours {1000 * ours:.0f} ms"
        f" (theirs / ours {theirs / ours:.2f})"
    )


def write_plot(
    path: pathlib.Path, theirs: list, ours: list, bars: list
) -> None:
    """Draws the losses of each step, and their relative difference below.

    The bars are its largest allowed values; infinite ones are not drawn.
    """
    from matplotlib.figure import Figure  # Slow, and only for this.

    steps = np.arange(1, len(ours) + 1)
    figure = Figure(figsize=(7, 6), layout="constrained")
    top, bottom = figure.subplots(2, sharex=True)
    top.plot(steps, theirs, "o", fillstyle="none", label="official")
    top.plot(steps, ours, "-", label="this project")
    top.set_ylabel("training loss")
    top.legend()
    difference = np.abs(np.divide(ours, theirs) - 1)
    bottom.semilogy(
        steps, np.maximum(difference, 1e-17), ".-", label="difference"
    )
    bottom.semilogy(steps, bars, "k--", label="allowed by rounding")
    bottom.legend()
    bottom.set_ylabel("relative difference")
    bottom.set_xlabel("step")
    bottom.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=120)


def write_scalars(folder: pathlib.Path, theirs: list, ours: list) -> None:
    """Writes both curves under one tag, a folder of events for each side."""
    import tensorflow as tf

    for name, losses in (("official", theirs), ("ours", ours)):
        with tf.summary.create_file_writer(str(folder / name)).as_default():
            for step, loss in enumerate(losses, start=1):
                tf.summary.scalar(TOTAL, loss, step)
