"""Disks of a few MiB that fill up or become read-only; root only."""

import contextlib
import functools
import pathlib
import shutil
import subprocess
import tempfile

_KIB = 4096


@functools.cache
def no_mount() -> str:
    """Why no disk can be mounted here; empty if it can."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("mount", "-t", "tmpfs", "tmpfs", folder)
            _run("umount", folder)
        except (OSError, subprocess.CalledProcessError):
            return "mount is refused (it needs root)"
    return ""


@functools.cache
def no_chattr() -> str:
    """Why no folder can be made immutable here; empty if it can."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("chattr", "+i", folder)
            _run("chattr", "-i", folder)
        except (OSError, subprocess.CalledProcessError):
            return "chattr +i is refused (it needs root and ext4)"
    return ""


def _run(*words):
    subprocess.run(words, check=True, capture_output=True)


def mount(scene, folder):
    """Puts a folder and its content on a small disk of its own."""
    kept = folder.with_name(folder.name + ".kept")
    folder.mkdir(exist_ok=True)
    folder.rename(kept)
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={_KIB}k", "tmpfs", folder)
    scene.closing.callback(_run, "umount", "-l", folder)
    shutil.copytree(kept, folder, dirs_exist_ok=True, symlinks=True)
    shutil.rmtree(kept)


def fill(folder: pathlib.Path) -> None:
    """Leaves no KiB free on the disk of a folder."""
    with (
        open(folder / "filler", "wb", buffering=0) as file,
        contextlib.suppress(OSError),
    ):
        while True:
            file.write(bytes(1024))


def remounts(folder, how):
    """Whether a disk could be made `ro` or `rw`: not while it is written."""
    words = "mount", "-o", f"remount,{how}", folder
    return subprocess.run(words, capture_output=True).returncode == 0


@contextlib.contextmanager
def immutable(*folders: pathlib.Path):
    """Lets nobody make, rename or remove a file in the folders meanwhile."""
    with contextlib.ExitStack() as undo:
        for folder in folders:
            _run("chattr", "+i", folder)
            undo.callback(_run, "chattr", "-i", folder)
        yield
