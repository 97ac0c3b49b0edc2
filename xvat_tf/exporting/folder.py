"""A folder that is there whole or not at all."""

import contextlib
import os
import pathlib
import secrets
import shutil
from collections.abc import Iterator

import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.files import TEMPORARY, not_written


def require_free(path: pathlib.Path) -> None:
    """Refuses a taken name with a UserError, before any work is done."""
    try:
        taken = any(path.iterdir()) if path.is_dir() else path.exists()
    except OSError as error:
        raise not_written(f"--out={path}", error) from None
    if taken:
        raise UserError(
            f"--out={path} is not empty: choose a new or empty folder."
        )


@contextlib.contextmanager
def written_whole(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A new folder that gets its name once everything in it is written.

    Until then it has another name beside `path`; a failure removes it, and is
    a UserError.
    """
    target = path.absolute()
    # A container's processes have the same few numbers: chance it is.
    name = f"export.{secrets.token_hex(4)}{TEMPORARY}"
    temporary = target.with_name(name)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        os.replace(temporary, target)
    # TensorFlow takes no names that are not Unicode.
    except (OSError, UnicodeError, tf.errors.OpError) as error:
        raise not_written(f"--out={path}", error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
