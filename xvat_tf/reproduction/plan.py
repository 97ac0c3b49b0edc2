"""What is there, what is to be trained, and how long that takes."""

import collections
import math
import statistics
from collections.abc import Mapping

from xvat_tf.reproduction import states
from xvat_tf.reproduction.runs import PlannedRun
from xvat_tf.reproduction.states import State

States = Mapping[PlannedRun, State]


def describe(found: States, jobs: int) -> str:
    """The plan: a line per run, how many of each state, and the time.

    Args:
        found: State of every run.
        jobs: Runs at a time.
    """
    last = [f"{_runs(len(found))}: {counts(found)}", time(found, jobs)]
    return "\n".join([*lines(found), *last])


def lines(found: States) -> list[str]:
    """One line per run, in aligned columns."""
    paces = _paces(found)
    width = max(len(run.flagfile) for run in found)
    seeds = max(len(str(run.seed)) for run in found)
    kinds = max(len(state.kind) for state in found.values())
    texts = []
    for run, state in found.items():
        total = run.settings.train.num_steps
        accuracy = "–" if state.accuracy is None else f"{state.accuracy:.2f} %"
        parts = [
            f"{run.flagfile:<{width}}",
            f"seed {run.seed:>{seeds}}",
            f"{state.kind:<{kinds}}",
            f"{f'{state.step:,} of {total:,}':>18}",
            f"{accuracy:>8}",
        ]
        left = _seconds_left(run, state, paces)
        if state.reason:
            parts.append(state.reason)
        elif left is not None and state.kind not in states.ENDED:
            parts.append(f"{duration(left)} left")
        texts.append("  ".join(parts))
    return texts


def counts(found: States) -> str:
    """How many runs are in each state that occurs, finished ones always."""
    number = collections.Counter(state.kind for state in found.values())
    return ", ".join(
        f"{number[kind]} {kind}"
        for kind in states.ALL
        if number[kind] or kind == states.FINISHED
    )


def time(found: States, jobs: int) -> str:
    """How long the rest takes, as far as runs have been timed."""
    paces = _paces(found)
    times = [
        _seconds_left(run, state, paces)
        for run, state in found.items()
        if state.kind not in states.ENDED
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
            f"{_runs(unknown)} not timed yet: measured once they have begun"
        )
    return f"time left, {jobs} at a time: {'; '.join(parts)}"


def _runs(number):
    return f"{number} run{'s' * (number != 1)}"


def _paces(found):
    """Median seconds per step of each flagfile that has begun."""
    known = collections.defaultdict(list)
    for run, state in found.items():
        if state.pace is not None:
            known[run.flagfile].append(state.pace)
    return {name: statistics.median(own) for name, own in known.items()}


def _seconds_left(run, state, paces):
    """Of a run that is not ended; None where nothing like it was timed."""
    pace = paces.get(run.flagfile) if state.pace is None else state.pace
    if pace is None:
        return None
    return max(run.settings.train.num_steps - state.step, 0) * pace


def duration(seconds: float) -> str:
    """A time to wait, rounded up: `about 2 h 05 min`."""
    minutes = max(math.ceil(seconds / 60), 1)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60:02} min"
