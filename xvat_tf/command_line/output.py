"""Files that a command writes where its user says."""

import contextlib
import errno
import os
import pathlib
import stat

from xvat_tf.errors import UserError
from xvat_tf.files import as_json, not_written, written_whole
from xvat_tf.records import RunFolder

STDOUT = "-"


def require_not_owned(flag: str, path: str | os.PathLike) -> None:
    """Raises a UserError if a run keeps its own files at a path."""
    if RunFolder.owns(pathlib.Path(path)):
        raise UserError(
            f"--{flag}={path} is a run folder's own: choose another name."
        )


class Output:
    """The file that a flag names: tried at once, there whole at the end.

    Links are followed, a device or a pipe is written to, a file keeps its
    mode; `-` is stdout, None nothing. Use as a context manager around
    the computation: where that fails, what was there stays. A UserError says
    that it cannot be written, or belongs to a run folder.
    """

    def __init__(self, path: str | None, flag: str = "out"):
        self._path, self._flag = path, flag
        self._stack = contextlib.ExitStack()
        if path is None or path == STDOUT:
            return
        require_not_owned(flag, path)
        try:
            self._file = self._stack.enter_context(_opened(path))
        except (OSError, ValueError) as error:
            raise self._not_written(error) from None

    def write(self, text: str) -> None:
        """Writes all of the text, or raises a UserError."""
        if self._path == STDOUT:
            print(text, end="")
        if self._path is None or self._path == STDOUT:
            return
        try:
            with self._stack:
                # Names of files need not be Unicode.
                self._file.write(text.encode(errors="surrogateescape"))
        except OSError as error:
            raise self._not_written(error) from None

    def write_json(self, content: dict) -> None:
        """Writes numbers; prints them, and raises, where that fails."""
        text = as_json(content, None if self._path == STDOUT else 1) + "\n"
        try:
            self.write(text)
        except UserError:
            print(text)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def _not_written(self, error):
        return not_written(f"--{self._flag}={self._path}", error)


@contextlib.contextmanager
def _opened(path):
    """A binary file that replaces the one of its name, if that is a file."""
    place = pathlib.Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        with open(place, "wb") as file:
            yield file
        return
    # A rename would replace what may not be written, or leads nowhere.
    if place.is_symlink() or place.exists() and not os.access(place, os.W_OK):
        code = errno.ELOOP if place.is_symlink() else errno.EACCES
        raise OSError(code, os.strerror(code), path)
    with written_whole(place, shared=True) as file:
        if place.exists():
            os.fchmod(file.fileno(), stat.S_IMODE(place.stat().st_mode))
        yield file
