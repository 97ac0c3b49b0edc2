"""How far something long has come: a bar on a terminal, lines elsewhere."""

import os
import sys
import time
from typing import TextIO

import tqdm

_NARROWEST, _WIDEST = 5, 40
_FIRST_LINE_SECONDS, _LINE_SECONDS = 5.0, 60.0


def progress_bar(
    total: int, unit: str, done: int = 0, lines: TextIO | None = None
) -> "_Bar | _Lines":
    """Shows the parts done, the remaining time and a text.

    On a terminal (stderr) a bar, whose width changes with the terminal's
    only; elsewhere lines: one after some seconds, then one a minute. Its
    `advance` adds parts that are done, and perhaps a text to show from now on,
    which should keep its length; `close` leaves it on the screen.

    Args:
        total: Number of parts.
        unit: What a part is called, `"step"`.
        done: Parts done before.
        lines: Where lines go, by default the standard output.
    """
    if sys.stderr.isatty():
        return _Bar(total, done)
    return _Lines(total, unit, done, lines or sys.stdout)


class _Bar(tqdm.tqdm):
    """A bar in a form of our own."""

    def __init__(self, total, done):
        self.text = ""
        super().__init__(total=total, initial=done, mininterval=0.5)

    def advance(self, parts=1, text=None):
        self.text = self.text if text is None else text
        self.update(parts)

    @property
    def format_dict(self):
        """What the bar shows, in fields whose widths do not change."""
        known = super().format_dict
        total = f"{self.total}"
        counted = f"{self.n:>{len(total)}}/{total}"
        done = self.n - self.initial
        rate = known["rate"] or (done / known["elapsed"] if done else 0)
        left = _duration((self.total - self.n) / rate) if rate else "?"
        after = f"{left:>6} left  {self.text}"
        columns = _columns() - 1  # A full line would begin the next one.
        free = columns - len(f"{counted} || {after}")
        bar = f"{{bar:{min(max(free, _NARROWEST), _WIDEST)}}}"
        form = f"{counted} |{bar}| {after}"
        return known | {"ncols": columns, "bar_format": form}


class _Lines:
    """A line now and then, for pipes and files."""

    def __init__(self, total, unit, done, stream):
        self.text = ""
        self._total, self._unit, self._done = total, unit, done
        self._stream = stream
        self._begun = self._next = None

    def advance(self, parts=1, text=None):
        self.text = self.text if text is None else text
        self._done += parts
        now = time.monotonic()
        if self._begun is None:  # The first part compiles: it is no measure.
            self._begun = now, self._done
            self._next = now + _FIRST_LINE_SECONDS
        elif now >= self._next and self._done < self._total:
            self._next = now + _LINE_SECONDS
            print(self._line(now), file=self._stream, flush=True)

    def close(self):
        """Nothing is open."""

    def _line(self, now):
        start, first = self._begun
        pace = (now - start) / (self._done - first)
        left = _duration((self._total - self._done) * pace)
        return (
            f"{self._unit} {self._done:,} of {self._total:,}  {left} left"
            f"  {self.text}"
        ).rstrip()


def _columns():
    """Width of the terminal: as COLUMNS says, or as the terminal does."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return os.get_terminal_size(sys.stderr.fileno()).columns or 80


def _duration(seconds):
    """At most six characters: `1:05`, `2h05m`, `3d04h`."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes:02}m"
    return f"{hours // 24}d{hours % 24:02}h"
