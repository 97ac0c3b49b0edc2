"""Standard output and error that no computation is lost for."""

import os
import sys

from xvat_tf.errors import printable


class Guarded:
    """A text stream whose failures are noted, not raised.

    The reader of a pipe may leave (`| head`), the disk of a redirection may
    fill: what was to be written is dropped from then on, the command goes on.
    Names of files and texts in them may be anybody's: codes that would steer
    the terminal are written as text.

    Args:
        stream: `sys.stdout` or `sys.stderr`.

    Attributes:
        failure: Why it could not be written; None for as long as it can, and
            where a reader has left, who has seen enough.
    """

    def __init__(self, stream):
        self._stream = stream
        self.failure: OSError | None = None

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes, or drops what cannot be written."""
        self._attempt(self._stream.write, printable(text, "\n\r\t"))
        return len(text)

    def flush(self) -> None:
        """Flushes, or drops what cannot be written."""
        self._attempt(self._stream.flush)

    def _attempt(self, function, *arguments):
        try:
            function(*arguments)
        except UnicodeEncodeError:  # A locale without the character.
            self._stream.write(ascii(arguments[0])[1:-1].replace("\\n", "\n"))
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.failure = self.failure or error
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)


def guard() -> Guarded:
    """Puts guarded streams in the place of both standard streams.

    A stream that was closed before the start (`>&-`) leads nowhere.

    Returns:
        The standard output.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w")  # noqa: SIM115
        if not isinstance(stream, Guarded):
            setattr(sys, name, Guarded(stream))
    return sys.stdout
