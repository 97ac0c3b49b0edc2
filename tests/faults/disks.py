"""Disks that fill up or become read-only while a run goes on."""

import functools
import re
import shutil

from tests.faults.fault import Fault
from tests.faults.scene import finishes_with_the_same_bits
from tests.faults.small_disk import (
    fill,
    immutable,
    mount,
    no_chattr,
    no_mount,
    remounts,
)

_FULL = r"\(No space left on device\): .*"
_CONTINUES = r"it continues from the last checkpoint.*"


def _free(scene):
    for path in scene.folder.rglob("filler"):
        path.unlink()
    return finishes_with_the_same_bits(scene)


def _fills(scene, folder, *flags):
    """The disk of `folder` fills up after two more steps."""
    mount(scene, folder)
    command, target = scene.start(*flags), scene.step() + 2
    command.wait_until(lambda: scene.step() >= target)
    fill(folder)
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


def _figures_fill(scene):
    scene.begin()
    out = scene.folder / "out"
    mount(scene, out)
    fill(out)
    ended = scene.command("figures", "--runs=run", "--out=out")
    assert re.search(
        r"^missing: curves: out/.* cannot be written " + _FULL, ended.err, re.M
    )
    assert [path.name for path in out.iterdir()] == ["filler"]
    return [ended]


def _figures_after(scene):
    (scene.folder / "out" / "filler").unlink()
    again = scene.command("figures", "--runs=run", "--out=out")
    assert again.status == 0, again.err
    finishes_with_the_same_bits(scene)
    return "no half picture; the same command draws them: nothing lost"


def _read_only(scene):
    """The file system of the checkpoints, as after an error of its disk."""
    scene.begin()
    folder = scene.run / "checkpoints"
    mount(scene, folder)
    command, target = scene.start(), scene.step() + 2
    command.wait_until(
        lambda: scene.step() >= target and remounts(folder, "ro")
    )
    ended = command.end()
    assert remounts(folder, "rw")
    return [ended]


def _immutable(scene):
    """Root ignores modes; this it does not ignore."""
    scene.begin()
    command, target = scene.start(), scene.step() + 2
    command.wait_until(lambda: scene.step() >= target)
    with immutable(scene.run, scene.run / "checkpoints"):
        return [command.end()]


def _fault(name, happen, line, **more):
    given = {"after": _free, "full": 3, "obstacle": no_mount} | more
    return Fault(name, happen, line, 2, **given)


_CHECKPOINT = r"error: the checkpoint of step \d+ cannot be written "
FAULTS = (
    _fault(
        "disk full at a checkpoint",
        functools.partial(_part_fills, "checkpoints", ()),
        _CHECKPOINT + _FULL + _CONTINUES,
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
    ),
    _fault(
        "log_dir becomes immutable (`chattr +i`)",
        _immutable,
        _CHECKPOINT + r"\(Operation not permitted\): .*",
        obstacle=no_chattr,
        quick=0,
    ),
)
