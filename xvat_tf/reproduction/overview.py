"""What is there, what is to be trained, how long it takes; shown in time."""

import collections
import math
import shutil
import statistics
import time
import typing
from collections.abc import Mapping

from xvat_tf.files.tables import as_text, counted
from xvat_tf.reproduction import runs
from xvat_tf.reproduction.runs import PlannedRun, State

States = Mapping[PlannedRun, State]

_REDRAW_SECONDS = 1.0
_LINE_SECONDS = 60.0
# What is worth a line where the screen has too few.
_FIRST = (runs.RUNNING, runs.FAILED, runs.DIVERGED, runs.CHANGED)
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
            state.reason or _left(run, state, paces),
        )
        for run, state in found.items()
    ]
    return as_text(rows, _ALIGNED).splitlines()


def _left(run, state, paces):
    seconds = _seconds_left(run, state, paces)
    if seconds is None or state.kind in runs.ENDED:
        return ""
    return f"{duration(seconds)} left"


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
            f"{counted(unknown, 'run')} not timed yet: measured once they"
            " have begun"
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
    """Of a run that is not ended; None where nothing like it was timed."""
    pace = paces.get(run.kind) if state.pace is None else state.pace
    if pace is None:
        return None
    return max(run.settings.train.num_steps - state.step, 0) * pace


def duration(seconds: float) -> str:
    """Writes a time to wait, rounded up: `about 2 h 05 min`."""
    minutes = max(math.ceil(seconds / 60), 1)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60:02} min"


class Overview:
    """Redraws a line per run on a terminal; elsewhere prints what happens.

    The time left is that of so many `jobs` at a time.
    """

    def __init__(self, stream: typing.TextIO, jobs: int):
        self._stream, self._jobs = stream, jobs
        self._terminal = stream.isatty()
        self._drawn = 0
        self._next = time.monotonic()
        if not self._terminal:
            self._next += _LINE_SECONDS

    @property
    def due(self) -> bool:
        """Whether `show` would be of use now."""
        return time.monotonic() >= self._next

    def show(self, found: States) -> None:
        """Shows the state of all runs."""
        last = f"{counts(found)}; {time_left(found, self._jobs)}"
        if self._terminal:
            size = shutil.get_terminal_size()
            shown = fitting(found, size.lines - 2)
            self._redraw([line[: size.columns - 1] for line in [*shown, last]])
        else:
            self._print(last)
            for run, line in zip(found, lines(found), strict=True):
                if found[run].kind == runs.RUNNING:
                    self._print(f"  {line}")
        interval = _REDRAW_SECONDS if self._terminal else _LINE_SECONDS
        self._next = time.monotonic() + interval

    def tell(self, run: PlannedRun, state: State) -> None:
        """Says that a run began or ended; a terminal shows it anyway."""
        if self._terminal:
            self._next = time.monotonic()
            return
        [line] = lines({run: state})
        self._print(line)

    def _redraw(self, shown):
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._stream.write(up + "\x1b[J" + "".join(f"{x}\n" for x in shown))
        self._stream.flush()
        self._drawn = len(shown)

    def _print(self, line):
        print(line, file=self._stream, flush=True)


def fitting(found: States, height: int) -> list[str]:
    """Picks lines of as many runs as fit, those that need a look first."""
    all_lines = lines(found)
    if len(all_lines) <= height:
        return all_lines
    kinds = [state.kind for state in found.values()]
    order = sorted(range(len(kinds)), key=lambda i: kinds[i] not in _FIRST)
    kept = sorted(order[: max(height - 1, 1)])
    left = len(all_lines) - len(kept)
    return [*(all_lines[i] for i in kept), f"... and {left} more"]
