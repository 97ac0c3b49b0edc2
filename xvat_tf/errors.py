"""The one exception that a user can cause and fix."""

import errno
import os
import re
import sys

_LONGEST_REASON = 200
_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FOLDER = (errno.ENOENT, errno.ENOTDIR)
_NOISE = re.compile(
    r"\{\{.*?\}\}\s*| \[Op:\w+\]|\x1b\[\d+m"
    r"|^Exception encountered when calling .*\n"
    r"|(?s: for input \[.*)(?=\. Expected)"  # Keras shows the whole batch.
)


class UserError(Exception):
    """A failure with a remedy, whose text is the only line the user sees.

    Raised by every package for wrong settings, unusable data, damaged or
    foreign run folders and for training that diverged. The text says what is
    wrong, what was given and what to do. The command lines print it without a
    traceback and exit with status 2.
    """

    def __init__(self, message: str):
        super().__init__(printable(" ".join(message.split())))


def printable(text: str, kept: str = "") -> str:
    """A stranger's text without codes that steer a terminal, but those kept."""
    return "".join(
        c if c.isprintable() or c in kept else ascii(c)[1:-1] for c in text
    )


def note(text: str) -> None:
    """Prints a note that may hold a stranger's names, on stderr."""
    print(printable(f"note: {text}"), file=sys.stderr)


class WorkerLostError(Exception):
    """Another worker of the group is gone; its text says how it showed."""


def reason(error: BaseException) -> str:
    """First line of a foreign error that says something of its own.

    Without TensorFlow's names of nodes, Keras' bold type and its line on the
    layer that was called.
    """
    text = getattr(error, "message", None) or str(error)
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror
    lines = _NOISE.sub("", text).strip().splitlines()
    return lines[0][:_LONGEST_REASON] if lines else type(error).__name__


def writing_remedy(error: BaseException) -> str:
    """Says what to do before a file that could not be written can be.

    TensorFlow's errors have no number, but the system's words for it.
    """
    remedies = {_SPACE: "free some space", _FOLDER: "make its folder"}
    for codes, remedy in remedies.items():
        if any(os.strerror(code) in str(error) for code in codes):
            return remedy
    return "fix that"
