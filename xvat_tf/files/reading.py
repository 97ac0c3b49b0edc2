"""Files, read without trust in what they are."""

import contextlib
import errno
import functools
import io
import os
import stat
import typing
from collections.abc import Iterator

from xvat_tf.errors import UserError, reason

_LARGEST_TEXT = 64 * 2**20


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[io.BufferedReader]:
    """Opens a regular file for reading, through symbolic links.

    A pipe or a device in its place is refused with an OSError; opening it the
    usual way could wait or read for ever.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        require_regular(file, path)
        yield file


def require_regular(file: typing.BinaryIO, path: str | os.PathLike) -> None:
    """Raises an OSError if an open file is a pipe, a device or a folder."""
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError(errno.EINVAL, "It is not a regular file", str(path))


def read_text(path: str | os.PathLike, pipes: bool = False) -> str:
    """Reads UTF-8 of at most 64 MiB; `pipes`: also from a pipe.

    Raises an OSError or a UnicodeDecodeError.
    """
    with open(path, "rb") if pipes else opened(path) as file:
        text = file.read(_LARGEST_TEXT + 1)
    if len(text) > _LARGEST_TEXT:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return text.decode()


def read_json(path: str | os.PathLike, form, remedy: str):
    """Reads the JSON of a file; form, remedy and errors of `parse_json`."""
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({reason(error)}): {remedy}."
        ) from None
    return parse_json(text, form, str(path), remedy)


def parse_json(text: str, form, origin: str, remedy: str):
    """Parses JSON that may be damaged or foreign.

    The form is a type, such as a TypedDict or a dataclass, and what is
    returned; bounds of numbers are `annotated_types` in it. A UserError names
    the origin, the value that does not fit, the remedy.
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
