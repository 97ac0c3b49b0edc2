"""What is there, what is to be trained, and how long it takes, as text."""

import collections
import math
import statistics
from collections.abc import Mapping

from xvat_tf.files.tables import as_text, counted
from xvat_tf.reproduction import runs
from xvat_tf.reproduction.runs import PlannedRun, State

States = Mapping[PlannedRun, State]

_ALIGNED = "llrrl"


def describe(found: States, jobs: int) -> str:
    """Describes the plan: every run, how many of each state, and the time."""
    last = [
        f"{counted(len(found), 'run')}: {counts(found)}",
        time_left(found, jobs),
    ]
    return "\n".join([*lines(found), *last])


def lines(found: States) -> list[str]:
    """Makes one line per run, in aligned columns."""
    paces = _paces(found)
    rows = [
        (
            run.name,
            state.kind,
            f"{state.step:,} of {run.settings.train.num_steps:,}",
            "–" if state.accuracy is None else f"{state.accuracy:.2f} %",
            state.reason or (f"{duration(left)} left" if left else ""),
        )
        for run, state in found.items()
        for left in [_seconds_left(run, state, paces)]
    ]
    return as_text(rows, _ALIGNED).splitlines()


def counts(found: States) -> str:
    """Counts runs in each state that occurs, finished ones always."""
    number = collections.Counter(state.kind for state in found.values())
    return ", ".join(
        f"{number[kind]} {kind}"
        for kind in runs.KINDS
        if number[kind] or kind == runs.FINISHED
    )


def time_left(found: States, jobs: int) -> str:
    """Says how long the rest takes, as far as runs have been timed."""
    paces = _paces(found)
    times = [
        _seconds_left(run, state, paces)
        for run, state in found.items()
        if state.kind not in runs.ENDED
    ]
    if not times:
        return "nothing is left to train"
    known = [seconds for seconds in times if seconds is not None]
    unknown = len(times) - len(known)
    parts = []
    if known:
        parts.append(duration(max(sum(known) / jobs, *known)))
    if unknown:
        parts.append(
            f"{counted(unknown, 'run')} not timed yet: measured once begun"
        )
    return f"time left, {jobs} at a time: {'; '.join(parts)}"


def _paces(found):
    """Median seconds per step of each kind of run that has begun."""
    known = collections.defaultdict(list)
    for run, state in found.items():
        if state.pace is not None:
            known[run.kind].append(state.pace)
    return {name: statistics.median(own) for name, own in known.items()}


def _seconds_left(run, state, paces):
    """None of a run that is ended, or where nothing like it was timed."""
    pace = paces.get(run.kind) if state.pace is None else state.pace
    if pace is None or state.kind in runs.ENDED:
        return None
    return max(run.settings.train.num_steps - state.step, 0) * pace


def duration(seconds: float) -> str:
    """Writes a time to wait, rounded up: `about 2 h 05 min`."""
    minutes = max(math.ceil(seconds / 60), 1)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60:02} min"


def progress(found: States, jobs: int) -> str:
    """Says how far all is, `jobs` at a time, with a line for each running."""
    shown = zip(found.values(), lines(found), strict=True)
    running = [f"  {line}" for one, line in shown if one.kind == runs.RUNNING]
    said = f"{counts(found)}; {time_left(found, jobs)}"
    return "\n".join([said, *running])
