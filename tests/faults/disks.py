"""Disks that fill up or become read-only while a run goes on; root only."""

import contextlib
import functools
import shutil
import subprocess
import tempfile

from tests.faults.fault import Fault
from tests.faults.scene import finishes_with_the_same_bits

_KIB = 4096
_FULL = r"\(No space left on device\): .*"
_CONTINUES = r"it continues from the last checkpoint.*"
_CHECKPOINT = r"error: the checkpoint of step \d+ cannot be written "
_MOUNT = ("mount", "-t", "tmpfs", "-o", f"size={_KIB}k", "tmpfs")


def _run(*words):
    return subprocess.run(words, capture_output=True).returncode == 0


@functools.cache
def _refused(do, undo):
    """Why a command does not work on a folder here; empty if it does."""
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which(do[0]) and _run(*do, folder):
            _run(*undo, folder)
            return ""
    return f"{do[0]} is refused (it needs root, chattr also ext4)"


_no_mount = functools.partial(_refused, _MOUNT, ("umount",))
_no_chattr = functools.partial(_refused, ("chattr", "+i"), ("chattr", "-i"))


def _mount(scene, folder):
    """Puts a folder and its content on a small disk of its own."""
    kept = folder.with_name(folder.name + ".kept")
    folder.mkdir(exist_ok=True)
    folder.rename(kept)
    folder.mkdir()
    assert _run(*_MOUNT, folder)
    scene.closing.callback(_run, "umount", "-l", folder)
    shutil.copytree(kept, folder, dirs_exist_ok=True, symlinks=True)
    shutil.rmtree(kept)


def _fill(folder):
    """Leaves no KiB free on the disk of a folder."""
    with (
        open(folder / "filler", "wb", buffering=0) as file,
        contextlib.suppress(OSError),
    ):
        while True:
            file.write(bytes(1024))


def _fills(part, flags, scene):
    """The disk of a part of the run folder fills up after two more steps."""
    scene.begin()
    _mount(scene, scene.run / part)
    command = scene.paused(*flags, steps=2)
    _fill(scene.run / part)
    command.go_on()
    return [command.end()]


def _freed(scene):
    for path in scene.folder.rglob("filler"):
        path.unlink()
    finishes_with_the_same_bits(scene)


def _read_only(scene):
    """The file system of the checkpoints, as after an error of its disk."""
    scene.begin()
    folder = scene.run / "checkpoints"
    _mount(scene, folder)
    command = scene.paused(steps=2)
    assert _run("mount", "-o", "remount,ro", folder)
    command.go_on()
    ended = command.end()
    assert _run("mount", "-o", "remount,rw", folder)
    return [ended]


def _immutable(scene):
    """Root ignores modes; this it does not ignore."""
    scene.begin()
    command = scene.paused(steps=2)
    folders = (scene.run, scene.run / "checkpoints")
    with contextlib.ExitStack() as undo:
        for folder in folders:
            assert _run("chattr", "+i", folder)
            undo.callback(_run, "chattr", "-i", folder)
        command.go_on()
        return [command.end()]


def _fault(name, happen, line, obstacle=_no_mount):
    """In the suite `tests/cli/failures_test.py` has full disks."""
    more = {"after": _freed, "obstacle": obstacle, "quick": 0, "full": 3}
    return Fault(name, happen, line, 2, **more)


FAULTS = (
    _fault(
        "disk full at a checkpoint",
        functools.partial(_fills, "checkpoints", ()),
        _CHECKPOINT + _FULL + _CONTINUES,
    ),
    _fault(
        "disk full at TensorBoard's files",
        functools.partial(_fills, "train", ()),
        r"error: TensorBoard events of step \d+ in run cannot be written .*",
    ),
    _fault(
        "disk full at a snapshot",
        functools.partial(_fills, "snapshots", ("--snapshot_epochs=1",)),
        r"error: run/snapshots/step-\d+\.npz cannot be written " + _FULL,
    ),
    _fault(
        "checkpoints' file system becomes read-only",
        _read_only,
        _CHECKPOINT + r"\(Read-only file system\): .*",
    ),
    _fault(
        "log_dir becomes immutable (`chattr +i`)",
        _immutable,
        _CHECKPOINT + r"\(Operation not permitted\): .*",
        _no_chattr,
    ),
)
