"""All runs at a glance while they are trained."""

import shutil
import time
import typing

from xvat_tf.reproduction import plan, states
from xvat_tf.reproduction.runs import PlannedRun
from xvat_tf.reproduction.states import State

_REDRAW_SECONDS = 1.0
_LINE_SECONDS = 60.0
# What is worth a line where the screen has too few.
_FIRST = (states.RUNNING, states.FAILED, states.DIVERGED, states.CHANGED)


class Overview:
    """Redraws a line per run on a terminal; elsewhere prints what happens.

    Args:
        stream: Where to.
        jobs: Runs at a time, for the time left.
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

    def show(self, found: plan.States) -> None:
        """Shows the state of all runs."""
        last = f"{plan.counts(found)}; {plan.time(found, self._jobs)}"
        if self._terminal:
            size = shutil.get_terminal_size()
            shown = fitting(found, size.lines - 2)
            self._redraw([line[: size.columns - 1] for line in [*shown, last]])
        else:
            self._print(last)
            for run, line in zip(found, plan.lines(found), strict=True):
                if found[run].kind == states.RUNNING:
                    self._print(f"  {line}")
        interval = _REDRAW_SECONDS if self._terminal else _LINE_SECONDS
        self._next = time.monotonic() + interval

    def tell(self, run: PlannedRun, state: State) -> None:
        """Says that a run began or ended; a terminal shows it anyway."""
        if self._terminal:
            self._next = time.monotonic()
            return
        [line] = plan.lines({run: state})
        self._print(line)

    def _redraw(self, lines):
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._stream.write(up + "\x1b[J" + "".join(f"{x}\n" for x in lines))
        self._stream.flush()
        self._drawn = len(lines)

    def _print(self, line):
        print(line, file=self._stream, flush=True)


def fitting(found: plan.States, height: int) -> list[str]:
    """Lines of as many runs as fit, those that need a look first."""
    lines = plan.lines(found)
    if len(lines) <= height:
        return lines
    kinds = [state.kind for state in found.values()]
    order = sorted(range(len(lines)), key=lambda i: kinds[i] not in _FIRST)
    kept = sorted(order[: max(height - 1, 1)])
    left = len(lines) - len(kept)
    return [*(lines[i] for i in kept), f"... and {left} more"]
