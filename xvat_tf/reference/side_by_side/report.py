"""What a comparison leaves behind: the table, its verdict, files."""

import datetime
import math
import pathlib

from xvat_tf.errors import UserError
from xvat_tf.reference.side_by_side import curves, rows
from xvat_tf.reference.side_by_side.rows import Compared

RESULTS = "compare.json"


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
    folder: pathlib.Path, found: list[Compared], settings: dict, outcome=None
) -> None:
    """Writes `compare.json`, and of joint steps (`outcome`) both curves."""
    more: dict = {"settings": settings}
    if outcome is not None:
        theirs, ours = outcome.theirs, outcome.ours
        more |= {"theirs": theirs, "ours": ours, "seconds": outcome.seconds}
        bars = [row.quantity.bar for row in found[-len(ours) :]]
        curves.write_plot(folder / "losses.png", theirs, ours, bars)
        curves.write_scalars(folder, theirs, ours)
    rows.write_json(folder / RESULTS, found, **more)


def verdict(found: list[Compared]) -> str:
    """One line: what is outside, or how many are inside."""
    judged = [row for row in found if math.isfinite(row.quantity.bar)]
    # An infinite bar leaves NaN outside, as every bar does.
    outside = [row for row in found if not row.quantity.inside]
    if outside:
        worst = rows.worst(outside).quantity
        return (
            f"{len(outside)} of {len(found)} quantities are OUTSIDE; the"
            f" worst: {worst.name}, error {worst.error:.1e}, bar"
            f" {worst.bar:.0e}"
        )
    closest = rows.worst(judged).quantity.name
    line = f"all {len(judged)} quantities are inside; closest: {closest}"
    if len(judged) == len(found):
        return line
    return (
        f"{line}; {len(found) - len(judged)} not judged: one rounding error in"
        " the inputs moves them by more than a hundredth"
    )


def step_times(outcome) -> str:
    """Median step times of both sides and their ratio."""
    theirs, ours = map(outcome.median_seconds, ("theirs", "ours"))
    return (
        f"theirs {1000 * theirs:.0f} ms, ours {1000 * ours:.0f} ms"
        f" (theirs / ours {theirs / ours:.2f})"
    )
