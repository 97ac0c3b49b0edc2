"""Files with one flag per line: those of users, and those of this project."""

import difflib
import os
import pathlib
from collections.abc import Iterable

from xvat_tf.errors import UserError, reason
from xvat_tf.files import read_text

# A name after it is a file of `folder()`, without its extension.
_OURS = "flags:"
_EXTENSION = ".flags"
_COMMENTS = ("#", "//")
_PACKAGE = pathlib.Path(__file__).parents[1]


def folder() -> pathlib.Path:
    """Finds this project's flagfiles: inside a wheel, or at a clone's top."""
    inside = _PACKAGE / "flags"
    return inside if inside.is_dir() else _PACKAGE.parent / "flags"


def expand(words: Iterable[str], above: tuple[str, ...] = ()) -> list[str]:
    """Puts the flags of flagfiles in the place of `--flagfile`.

    Its value is `flags:NAME` for a file of this project, else a path. A file
    may name further ones; `above` are the paths that led here. A UserError
    says that a file cannot be read, or names itself.
    """
    found = []
    words = iter(words)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag not in ("--flagfile", "-flagfile"):
            found.append(word)
            continue
        path = _path(value if equals else next(words, ""))
        if path in above:
            raise UserError(
                f"--flagfile={path} names itself: remove that line from"
                f" {above[-1]}."
            )
        lines = _lines(path, pipes=not above)
        found += expand(lines, (*above, path))
    return found


def _path(value):
    if value.startswith(_OURS):
        return str(_ours(value.removeprefix(_OURS)))
    return os.path.expanduser(value)


def _ours(name):
    known = {path.stem: path for path in folder().glob(f"*{_EXTENSION}")}
    stem = name.removesuffix(_EXTENSION)
    if stem in known:
        return known[stem]
    near = difflib.get_close_matches(stem, known, n=3) or sorted(known)[:3]
    raise UserError(
        f"--flagfile={_OURS}{name} is not known: choose one of"
        f" {folder()}, such as {', '.join(_OURS + other for other in near)}."
    )


def _lines(path, pipes):
    """The flags of a file, which a Windows editor may begin with a mark.

    A pipe is read if the user named it, not one that a file names: that may
    be somebody else's, and the pipe without an end.
    """
    try:
        lines = read_text(path, pipes).removeprefix("\ufeff").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"--flagfile={path} cannot be read ({reason(error)}):"
            f" {_remedy(path)}."
        ) from None
    lines = [line.strip() for line in lines]
    return [line for line in lines if line and not line.startswith(_COMMENTS)]


def _remedy(path):
    name = pathlib.PurePath(path).name
    if (folder() / name).is_file() and name.endswith(_EXTENSION):
        return f"write --flagfile={_OURS}{name.removesuffix(_EXTENSION)}"
    return "give a text file with one flag per line"
