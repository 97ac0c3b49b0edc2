"""Files written whole or not at all."""

import contextlib
import json
import math
import os
import pathlib
import typing
from collections.abc import Iterator

from xvat_tf.errors import UserError

TEMPORARY = ".tmp"


def write_json(path: pathlib.Path, content: dict) -> None:
    """Writes JSON whole or not at all.

    Raises:
        UserError: The disk is full or the folder cannot be written.
    """
    write_text(path, as_json(content, indent=1) + "\n")


def write_text(path: pathlib.Path, text: str) -> None:
    """Writes a text whole or not at all.

    Raises:
        UserError: The disk is full or the folder cannot be written.
    """
    try:
        with written_whole(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise not_written(path, error) from None


@contextlib.contextmanager
def written_whole(path: pathlib.Path) -> Iterator[typing.BinaryIO]:
    """A new binary file that gets its name once it is complete and on disk.

    Temporary name, sync, rename: whatever ends the process and whenever,
    `path` is the old file or the new one.

    Args:
        path: Name of the file; a file of that name is replaced.

    Raises:
        OSError: The disk is full or the folder cannot be written; the
            temporary file is gone then.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError:
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
    """Strict JSON: numbers that are not finite become null."""
    return json.dumps(_finite(content), indent=indent, allow_nan=False)


def _finite(content):
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content


def not_written(path: pathlib.Path, error: OSError) -> UserError:
    """The error to raise for a file that could not be written."""
    return UserError(
        f"{path} cannot be written ({error.strerror}): free some space or"
        " choose another place; what was there is untouched."
    )
