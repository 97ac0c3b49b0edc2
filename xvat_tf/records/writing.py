"""Files written whole or not at all."""

import contextlib
import json
import math
import os
import pathlib

from xvat_tf.errors import UserError


def write_json(path: pathlib.Path, content: dict) -> None:
    """Writes JSON whole or not at all.

    Raises:
        UserError: The disk is full or the folder cannot be written.
    """
    write_whole(path, as_json(content, indent=1) + "\n")


def write_whole(path: pathlib.Path, text: str) -> None:
    """Writes a text whole or not at all: temporary name, sync, rename.

    Raises:
        UserError: The disk is full or the folder cannot be written.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise not_written(path, error) from None


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
