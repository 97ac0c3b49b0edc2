"""Disks that fill up or become read-only while a run goes on; root only."""

import contextlib
import functools
import re
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


def _started(scene, *flags):
    """A command that has taken two more steps."""
    command, target = scene.start(*flags), scene.step() + 2
    command.wait_until(lambda: scene.step() >= target)
    return command


def _fills(scene, folder, *flags):
    """The disk of `folder` fills up after two more steps."""
    _mount(scene, folder)
    command = _started(scene, *flags)
    _fill(folder)
    return [command.end()]


def _part_fills(part, flags, scene):
    scene.begin()
    return _fills(scene, scene.run / part, *flags)


def _metrics_fill(scene):
    """The run folder's disk is full, that of its subfolders is not."""
    scene.begin()
    for name in ("checkpoints", "train", "test"):
        shutil.move(scene.run / name, scene.folder / name)
        (scene.run / name).symlink_to(scene.folder / name)
    return _fills(scene, scene.run)


def _freed(scene):
    for path in scene.folder.rglob("filler"):
        path.unlink()
    finishes_with_the_same_bits(scene)


_FIGURES = ("figures", "--runs=run", "--out=out")


def _figures_fill(scene):
    scene.begin()
    out = scene.folder / "out"
    _mount(scene, out)
    _fill(out)
    ended = scene.command(*_FIGURES)
    line = r"^missing: curves: out/.* cannot be written "
    assert re.search(line + _FULL, ended.err, re.M)
    assert [path.name for path in out.iterdir()] == ["filler"]
    return [ended]


def _figures_after(scene):
    """No half picture; the same command draws them."""
    (scene.folder / "out" / "filler").unlink()
    again = scene.command(*_FIGURES)
    assert again.status == 0, again.err
    finishes_with_the_same_bits(scene)


def _read_only(scene):
    """The file system of the checkpoints, as after an error of its disk."""
    scene.begin()
    folder = scene.run / "checkpoints"
    _mount(scene, folder)
    command = _started(scene)
    # Not while it is written.
    command.wait_until(lambda: _run("mount", "-o", "remount,ro", folder))
    ended = command.end()
    assert _run("mount", "-o", "remount,rw", folder)
    return [ended]


def _immutable(scene):
    """Root ignores modes; this it does not ignore."""
    scene.begin()
    command, folders = _started(scene), (scene.run, scene.run / "checkpoints")
    with contextlib.ExitStack() as undo:
        for folder in folders:
            assert _run("chattr", "+i", folder)
            undo.callback(_run, "chattr", "-i", folder)
        return [command.end()]


def _fault(name, happen, line, **more):
    given = {"after": _freed, "full": 3, "obstacle": _no_mount} | more
    return Fault(name, happen, line, 2, **given)


FAULTS = (
    _fault(
        "disk full at a checkpoint",
        functools.partial(_part_fills, "checkpoints", ()),
        _CHECKPOINT + _FULL + _CONTINUES,
        quick=0,  # As `tests/cli/failures_test.py` has it.
    ),
    _fault(
        "disk full at a line of metrics.jsonl",
        _metrics_fill,
        r"error: run/metrics\.jsonl cannot be written " + _FULL + _CONTINUES,
        quick=0,
    ),
    _fault(
        "disk full at TensorBoard's files",
        functools.partial(_part_fills, "train", ()),
        r"error: TensorBoard events of step \d+ in run cannot be written .*",
        quick=0,
    ),
    _fault(
        "disk full at a snapshot",
        functools.partial(_part_fills, "snapshots", ("--snapshot_epochs=1",)),
        r"error: run/snapshots/step-\d+\.npz cannot be written " + _FULL,
        quick=0,
    ),
    _fault(
        "disk full at a figure",
        _figures_fill,
        "error: nothing was drawn; the lines above say why.",
        after=_figures_after,
        lines=7,
        quick=0,
    ),
    _fault(
        "checkpoints' file system becomes read-only",
        _read_only,
        _CHECKPOINT + r"\(Read-only file system\): .*",
        quick=0,
    ),
    _fault(
        "log_dir becomes immutable (`chattr +i`)",
        _immutable,
        _CHECKPOINT + r"\(Operation not permitted\): .*",
        obstacle=_no_chattr,
        quick=0,
    ),
)
