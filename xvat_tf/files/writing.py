"""Files, written whole or not at all."""

import contextlib
import json
import math
import os
import pathlib
import tempfile
import typing
from collections.abc import Iterator

from xvat_tf.errors import UserError, reason, writing_remedy
from xvat_tf.files.reading import require_regular

TEMPORARY = ".tmp"


def write_json(path: pathlib.Path, content: dict, shared: bool = False) -> None:
    """Writes JSON as `write_text` does."""
    write_text(path, as_json(content, indent=1) + "\n", shared)


def write_text(path: pathlib.Path, text: str, shared: bool = False) -> None:
    """Writes a text as `written_whole` does.

    A UserError says that the disk is full or the folder cannot be written.
    """
    try:
        with written_whole(path, shared) as file:
            file.write(text.encode())
    except OSError as error:
        raise not_written(path, error) from None


@contextlib.contextmanager
def appended(path: str | os.PathLike) -> Iterator[typing.BinaryIO]:
    """Opens a file that the project names to write at its end.

    An OSError says that it cannot be, or a link or a pipe is in its place.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    with open(descriptor, "ab") as file:
        require_regular(file, path)
        yield file


@contextlib.contextmanager
def written_whole(
    path: pathlib.Path, shared: bool = False
) -> Iterator[typing.BinaryIO]:
    """Writes a binary file that gets its name once it is whole and on disk.

    Temporary name, sync, rename: whatever ends the process and whenever,
    `path` is the old file or the new one. For names that the project chooses;
    for a path that a user names, see `command_line.output`. `shared`: others,
    processes or users, may write there at the same time. An OSError leaves no
    temporary file.
    """
    owner = f".{os.getpid()}" if shared else ""
    temporary = path.with_name(f"{path.name}{owner}{TEMPORARY}")
    try:
        # What a killed process left, or a link that somebody laid there.
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException:  # Also where its content could not be computed.
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _sync_folder(path):
    """Makes a rename last through a loss of power."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def as_json(content, indent: int | None = None) -> str:
    """Renders strict JSON: numbers that are not finite become null."""
    return json.dumps(_finite(content), indent=indent, allow_nan=False)


def _finite(content):
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content


def require_writable(flag: str, folder: pathlib.Path) -> None:
    """Makes the folder of a flag, or raises a UserError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"--{flag}={folder} cannot be written ({error.strerror}): choose"
            " another folder."
        ) from None


def not_written(path: pathlib.Path | str, error: Exception) -> UserError:
    """Makes the error to raise for a file that could not be written."""
    return UserError(
        f"{path} cannot be written ({reason(error)}):"
        f" {writing_remedy(error)} or choose another place; what was there is"
        " untouched."
    )
