"""Runs a shell command with stand-ins for the programs that take long.

Bash itself expands variables, quotes and loops; what reaches `python` or
`tensorboard` is written down instead of run. Any other program has to exist.
"""

import os
import pathlib
import subprocess

_PROGRAMS = ("python", "tensorboard")
_RECORD = '#!/bin/sh\nprintf "%s\\0" "$0" "$#" "$@" >> "$RECORDED"\n'
_LINKED = ("docs", "examples", "flags", "results", "tests", "tools")


def prepare(folder: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    """Makes `folder` look like the root of a clone to what only reads it."""
    for name in _LINKED:
        if (root / name).exists():
            (folder / name).symlink_to(root / name)
    programs = folder / ".programs"
    programs.mkdir()
    for name in _PROGRAMS:
        (programs / name).write_text(_RECORD)
        (programs / name).chmod(0o755)
    return folder


def calls(command: str, folder: pathlib.Path) -> list[list[str]]:
    """The programs that a command would run, with their arguments.

    Args:
        command: One line or a whole block of bash.
        folder: Of `prepare`.

    Returns:
        Words of each call, in their order.

    Raises:
        subprocess.CalledProcessError: The command fails: no such program.
    """
    record = folder / ".recorded"
    record.write_bytes(b"")
    environment = {
        "PATH": os.pathsep.join([str(folder / ".programs"), os.defpath]),
        "RECORDED": str(record),
    }
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command + "\nwait"],
        cwd=folder,
        env=environment,
        check=True,
        timeout=60,
    )
    words = record.read_bytes().decode().split("\0")[:-1]
    return list(_split(words))


def _split(words):
    while words:
        end = 2 + int(words[1])
        yield [pathlib.Path(words[0]).name, *words[2:end]]
        words = words[end:]
