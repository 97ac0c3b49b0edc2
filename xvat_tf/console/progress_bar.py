"""How far something long has come: a bar on a terminal, lines elsewhere."""

import sys
import time
from typing import TextIO

import tqdm

_FIRST_LINE_SECONDS, _LINE_SECONDS = 5.0, 60.0
# A duration is `01:05` or `2:01:05`.
_BAR = "/{total_fmt} |{bar:10}| {remaining:>8} left  {desc}"


def progress_bar(
    total: int, unit: str, done: int = 0, lines: TextIO | None = None
) -> "_Bar | _Lines":
    """Shows the parts done, the remaining time and a text.

    On a terminal (stderr) a bar; elsewhere lines, by default on stdout: one
    after some seconds, then one a minute. The `unit` is what a part is called,
    `done` are those before. `advance` adds parts, and perhaps a text to show
    from now on, which should keep its length; `close` leaves it on the screen.
    """
    if sys.stderr.isatty():
        return _Bar(total, done)
    return _Lines(total, unit, done, lines or sys.stdout)


class _Bar(tqdm.tqdm):
    def __init__(self, total, done):
        super().__init__(
            total=total,
            initial=done,
            mininterval=0.5,
            dynamic_ncols=True,
            bar_format=f"{{n:>{len(str(total))}}}{_BAR}",
        )

    def advance(self, parts=1, text=None):
        if text is not None:
            self.set_description_str(text, refresh=False)
        self.update(parts)


class _Lines:
    def __init__(self, total, unit, done, stream):
        self._text = ""
        self._total, self._unit, self._done = total, unit, done
        self._stream = stream
        self._begun = self._next = None

    def advance(self, parts=1, text=None):
        self._text = self._text if text is None else text
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
        left = tqdm.tqdm.format_interval((self._total - self._done) * pace)
        return (
            f"{self._unit} {self._done:,} of {self._total:,}  {left} left"
            f"  {self._text}"
        ).rstrip()
