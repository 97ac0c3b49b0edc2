"""Files: read without trust in what they are, written whole or not at all."""

import contextlib
import errno
import functools
import json
import math
import os
import pathlib
import stat
import typing
from collections.abc import Iterator

from xvat_tf.errors import UserError, reason

TEMPORARY = ".tmp"
_LARGEST_TEXT = 64 * 2**20


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[typing.BinaryIO]:
    """Opens a regular file for reading, through symbolic links.

    A pipe or a device in its place is refused; opening it the usual way
    could wait or read for ever.

    Raises:
        OSError: There is no such file, or it is none.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        _require_regular(file, path)
        yield file


def _require_regular(file, path):
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError(errno.EINVAL, "It is not a regular file", str(path))


def read_text(path: str | os.PathLike) -> str:
    """Reads a text file of at most 64 MiB.

    Raises:
        OSError: There is no such file, or it is none or too large.
        UnicodeDecodeError: It is not UTF-8.
    """
    with opened(path) as file:
        return _text(file)


def read_stream(path: str | os.PathLike) -> str:
    """Reads text of at most 64 MiB from a file or a pipe that a user names.

    Raises:
        OSError: There is none, it has no end, or it is too large.
        UnicodeDecodeError: It is not UTF-8.
    """
    with open(path, "rb") as file:
        return _text(file)


def _text(file):
    text = file.read(_LARGEST_TEXT + 1)
    if len(text) > _LARGEST_TEXT:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(file.name))
    return text.decode()


def read_json(path: str | os.PathLike, form, remedy: str):
    """Reads JSON of a form, see `parse_json`.

    Raises:
        UserError: Names the file, the value that does not fit, the remedy.
    """
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({reason(error)}): {remedy}."
        ) from None
    return parse_json(text, form, str(path), remedy)


def parse_json(text: str, form, origin: str, remedy: str):
    """Parses JSON that may be damaged or foreign.

    Args:
        text: The JSON.
        form: What it has to be, and is returned: a type, such as a TypedDict
            or a dataclass; bounds of numbers are `annotated_types` in it.
        origin: Where it is from, for the message.
        remedy: What to do, for the message.

    Raises:
        UserError: Names the origin, the value that does not fit, the remedy.
    """
    from pydantic import ValidationError  # Only now: not for --help.

    try:
        return _validator(form).validate_json(text, strict=True)
    except ValidationError as error:
        raise UserError(
            f"{origin} is damaged ({_first_fault(error)}): {remedy}."
        ) from None


@functools.cache
def _validator(form):
    from pydantic import TypeAdapter

    return TypeAdapter(form)


def _first_fault(error):
    """Says which value is wrong and why; its text is somebody else's."""
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"]))
    why = fault["msg"][0].lower() + fault["msg"][1:]
    if fault["type"] in ("missing", "json_invalid"):
        return ascii(f"{place}: {why}" if place else why)[1:-1]
    return ascii(f"{place} is {str(fault['input']):.60}: {why}")[1:-1]


def write_json(path: pathlib.Path, content: dict, shared: bool = False) -> None:
    """Writes JSON whole or not at all; `shared` as in `written_whole`.

    Raises:
        UserError: The disk is full or the folder cannot be written.
    """
    write_text(path, as_json(content, indent=1) + "\n", shared)


def write_text(path: pathlib.Path, text: str, shared: bool = False) -> None:
    """Writes a text whole or not at all; `shared` as in `written_whole`.

    Raises:
        UserError: The disk is full or the folder cannot be written.
    """
    try:
        with written_whole(path, shared) as file:
            file.write(text.encode())
    except OSError as error:
        raise not_written(path, error) from None


@contextlib.contextmanager
def appended(path: str | os.PathLike) -> Iterator[typing.BinaryIO]:
    """Opens a file that the project names to write at its end.

    Raises:
        OSError: It cannot be written, or a link or a pipe is in its place.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    with open(descriptor, "ab") as file:
        _require_regular(file, path)
        yield file


@contextlib.contextmanager
def written_whole(
    path: pathlib.Path, shared: bool = False
) -> Iterator[typing.BinaryIO]:
    """Writes a binary file that gets its name once it is whole and on disk.

    Temporary name, sync, rename: whatever ends the process and whenever,
    `path` is the old file or the new one. For names that the project chooses;
    a path that a user names is opened as it is (`options.NumbersFile`).

    Args:
        path: Name of the file; a file of that name is replaced.
        shared: Whether others may write there at the same time: another
            process, or a user with files of their own.

    Raises:
        OSError: The disk is full or the folder cannot be written; the
            temporary file is gone then.
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


def not_written(path: pathlib.Path, error: OSError) -> UserError:
    """Makes the error to raise for a file that could not be written."""
    return UserError(
        f"{path} cannot be written ({error.strerror}): free some space or"
        " choose another place; what was there is untouched."
    )
