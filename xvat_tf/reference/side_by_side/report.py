"""What a comparison found, as text: the table, its verdict."""

import dataclasses
import math
import statistics

from xvat_tf.files.tables import as_text
from xvat_tf.reference.side_by_side.quantity import Quantity, worst

_HEAD = ("quantity", "theirs", "ours", "error", "measure", "bar", "inside")


def as_entries(found: list[Quantity]) -> list[dict]:
    """The quantities for JSON, each with whether it is inside."""
    return [dataclasses.asdict(q) | {"inside": q.inside} for q in found]


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


def step_times(seconds: dict[str, list[float]]) -> str:
    """Median step times of both sides, without the traced one; their ratio."""
    theirs, ours = (
        statistics.median(seconds[side][1:] or seconds[side])
        for side in ("theirs", "ours")
    )
    return (
        f"theirs {1000 * theirs:.0f} ms, ours {1000 * ours:.0f} ms"
        f" (theirs / ours {theirs / ours:.2f})"
    )
