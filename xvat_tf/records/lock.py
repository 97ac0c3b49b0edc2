"""One process at a time trains in a run folder."""

import contextlib
import fcntl
import os
import pathlib
import socket
from collections.abc import Iterator

from xvat_tf.errors import UserError
from xvat_tf.files import read_text

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Lock:
    """A held lock: its file, open and locked."""

    def __init__(self, path: pathlib.Path, descriptor: int):
        self._path, self._descriptor = path, descriptor

    def require_held(self) -> None:
        """Makes sure that the folder is still the one that was locked.

        Paths are looked up anew at every write: a folder that was moved away,
        or whose lock somebody removed, may be another run's by now.
        """
        if not _is_at(self._descriptor, self._path):
            raise UserError(
                f"{self._path.parent} was moved, or its file lock removed,"
                " during training: the run stops and writes nothing more; give"
                " the folder's new path as --log_dir to continue"
                " from the last checkpoint."
            )


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[Lock]:
    """Holds the file `lock` in a run folder, removed at the end.

    The lock is the kernel's (flock), which releases it however the process
    ends; the text in it only names the process. A UserError says that another
    process holds it, or that the folder takes no lock.
    """
    path = folder / "lock"
    try:
        descriptor = _acquire(path)
    except BlockingIOError:
        raise UserError(
            f"--log_dir={folder} is in use by {_holder(path)}: wait until it"
            " ends, or choose another folder."
        ) from None
    except OSError as error:
        raise UserError(
            f"--log_dir={folder} cannot be locked ({error.strerror}): choose"
            " another folder."
        ) from None
    try:
        yield Lock(path, descriptor)
    finally:
        if _is_at(descriptor, path):
            with contextlib.suppress(OSError):
                path.unlink()
        os.close(descriptor)


def _acquire(path):
    """Opens and locks the file, and names this process in it."""
    while True:
        descriptor = os.open(path, _FLAGS, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Else its holder removed it between our open and lock.
            if _is_at(descriptor, path):
                text = f"process {os.getpid()} on {socket.gethostname()}\n"
                os.ftruncate(descriptor, 0)
                os.write(descriptor, text.encode())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(descriptor, path):
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


def _holder(path):
    try:
        return read_text(path).strip() or "another process"
    except (OSError, UnicodeDecodeError):
        return "another process"
