"""One process at a time trains in a run folder."""

import contextlib
import fcntl
import os
import pathlib
import socket

from xvat_tf.errors import UserError


@contextlib.contextmanager
def locked(folder: pathlib.Path):
    """Holds the file `lock` in a folder, removed at the end.

    The lock is the kernel's (flock), which a process loses whatever ends it:
    a file that a killed process left is taken over. The text in it only names
    the process.

    Args:
        folder: Run folder; exists.

    Raises:
        UserError: Another process holds it, or the folder takes no lock.
    """
    path = folder / "lock"
    try:
        file = _acquire(path)
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
    with file:
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


def _acquire(path):
    """The locked file, open, naming this process."""
    while True:
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(open(path, "a"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Else its holder removed it between our open and lock.
            if _is_at(file, path):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
                file.flush()
                opened.pop_all()
                return file


def _is_at(file, path):
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _holder(path):
    try:
        return path.read_text().strip() or "another process"
    except OSError:
        return "another process"
