"""A terminal of a given width: runs a command in it and reads the screen."""

import dataclasses
import os
import pathlib
import pty
import re
import termios

import pyte

from tests import processes

_LINES = 50
_BLOCK = 65536


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a person saw.

    Args:
        status: Exit status of the command.
        frames: The screen after each line or bar that the command wrote, as
            lines without the blanks at their ends.
    """

    status: int
    frames: list[list[str]]

    @property
    def last(self) -> list[str]:
        """The screen at the end, without its empty lines."""
        return [line for line in self.frames[-1] if line]

    def lines(self, word: str) -> list[str]:
        """Every different line with a word, in order of appearance."""
        shown = (line for frame in self.frames for line in frame)
        return list(dict.fromkeys(line for line in shown if word in line))


def watch(words: list[str], columns: int, folder: pathlib.Path) -> Seen:
    """Runs a command of the project in a terminal to its end.

    Args:
        words: Its name, then its flags.
        columns: Width of the terminal.
        folder: Its current folder.
    """
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (_LINES, columns))
    process = processes.start(
        words,
        folder,
        _show_every_part,
        environment={"TERM": "xterm"},
        terminal=slave,
    )
    os.close(slave)
    frames = _frames(master, columns)
    os.close(master)
    return Seen(process.end().status, frames)


def _show_every_part():
    """A bar is drawn at every part: how many does not depend on the clock."""
    from xvat_tf.console.progress_bar import _Bar

    advance = _Bar.advance

    def shown(bar, *given):
        advance(bar, *given)
        bar.refresh()

    _Bar.advance = shown


def _frames(master, columns):
    """Screens after each line and bar, until the terminal is closed."""
    screen = pyte.Screen(columns, _LINES)
    stream, frames = pyte.ByteStream(screen), []
    written = b"".join(iter(lambda: _read(master), b""))
    for part in re.split(rb"(?<=[\r\n])", written):
        stream.feed(part)
        frames.append([line.rstrip() for line in screen.display])
    return frames


def _read(master):
    try:
        return os.read(master, _BLOCK)
    except OSError:  # Linux ends a terminal with EIO.
        return b""
