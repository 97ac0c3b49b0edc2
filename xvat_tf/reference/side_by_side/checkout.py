"""Checks a checkout of a reference program before anything starts."""

import pathlib

from xvat_tf.errors import UserError


def find(flag: str, folder: str, repository: str, files) -> pathlib.Path:
    """A checkout of any repository that holds the files.

    Args:
        flag: Its flag, for the error line.
        folder: As the user gave it.
        repository: `owner/name` on GitHub.
        files: Paths in the checkout that must exist.

    Returns:
        Absolute path.

    Raises:
        UserError: No such folder, or a file is missing.
    """
    path = pathlib.Path(folder).expanduser().resolve()
    if not path.is_dir():
        raise UserError(
            f"--{flag}={folder} is not a folder: give a checkout of"
            f" github.com/{repository}."
        )
    missing = [name for name in files if not (path / name).is_file()]
    if missing:
        raise UserError(
            f"--{flag}={folder} lacks {', '.join(missing)}: give a complete"
            f" checkout of github.com/{repository}."
        )
    return path
