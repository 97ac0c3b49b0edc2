"""A terminal of a given width: runs a command in it and reads the screen."""

import dataclasses
import os
import pathlib
import pty
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
        frames: The screen after each output of the command, as lines without
            the blanks at their ends.
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
        words, folder, environment={"TERM": "xterm"}, terminal=slave
    )
    os.close(slave)
    frames = _frames(master, columns)
    os.close(master)
    return Seen(process.end().status, frames)


def _frames(master, columns):
    """Screens until the last process has closed the terminal."""
    screen = pyte.Screen(columns, _LINES)
    stream, frames = pyte.ByteStream(screen), []
    while block := _read(master):
        stream.feed(block)
        frames.append([line.rstrip() for line in screen.display])
    return frames


def _read(master):
    try:
        return os.read(master, _BLOCK)
    except OSError:  # Linux ends a terminal with EIO.
        return b""
