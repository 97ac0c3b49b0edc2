"""Checkpoint files: killed at every stage of a write, damaged in every way."""

import os
import pathlib

import numpy as np
import pytest

from xvat_tf.errors import UserError
from xvat_tf.files import writing
from xvat_tf.records import RunFolder
from xvat_tf.records.checkpoint_files import CheckpointFiles
from xvat_tf.records.forms import Progress
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY

ARRAYS = {"classifier/0": np.arange(6.0), "means/0": np.float32(2.5)}
PROGRESS = Progress(
    step=7,
    seconds=1.25,
    windows=((3, 0.5, {"loss/total": 0.1}),),
    window_start=6,
    events={"train/events.out.tfevents.1": 88},
)


class Killed(BaseException):
    """Ends a write as a kill does: nothing tidies up behind it."""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    return CheckpointFiles(RunFolder(tmp_path))


def save(files, *steps, count=3, best=None):
    for step in steps:
        files.write(Progress(step=step), {"classifier/0": np.array(step)})
        files.prune(step, count, best)


def names(files):
    return [path.name for path in files.paths]


def test_what_was_written_is_read(files):
    files.write(PROGRESS, ARRAYS)
    found = files.newest()
    assert found.progress == PROGRESS
    assert list(found.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array)


def test_the_newest_by_number_not_by_text(files):
    save(files, 8, 9, 10)
    assert names(files) == ["step-10.npz", "step-9.npz", "step-8.npz"]
    assert files.newest().progress.step == 10


@pytest.mark.parametrize(
    ("count", "best", "kept"),
    [(3, None, (5, 4, 3)), (1, None, (5,)), (2, 1, (5, 4, 1)), (2, 4, (5, 4))],
)
def test_the_last_ones_and_the_best_are_kept(files, count, best, kept):
    save(files, 1, 2, 3, 4, 5, count=count, best=best)
    assert names(files) == [f"step-{step}.npz" for step in kept]


def test_later_files_of_a_continued_run_go(files):
    save(files, 10, 20, 30)
    (files.paths[0]).write_bytes(b"damaged")
    assert files.newest().progress.step == 20
    save(files, 25)
    assert names(files) == ["step-25.npz", "step-20.npz", "step-10.npz"]


def _half_written(monkeypatch):
    whole = np.savez

    def savez(file, **arrays):
        whole(file, **arrays)
        file.flush()
        os.ftruncate(file.fileno(), file.tell() // 2)
        raise Killed

    monkeypatch.setattr(np, "savez", savez)


def _not_synced(monkeypatch):
    monkeypatch.setattr(writing.os, "fsync", _kill)


def _not_renamed(monkeypatch):
    monkeypatch.setattr(writing.os, "replace", _kill)


def _old_ones_not_removed(monkeypatch):
    monkeypatch.setattr(pathlib.Path, "unlink", _kill)


def _kill(*_, **__):
    raise Killed


@pytest.mark.parametrize(
    ("stage", "newest"),
    [
        (_half_written, 3),
        (_not_synced, 3),
        (_not_renamed, 3),
        (_old_ones_not_removed, 4),
    ],
)
def test_killed_while_writing(files, monkeypatch, capsys, stage, newest):
    save(files, 1, 2, 3)
    with monkeypatch.context() as patched:
        stage(patched)
        with pytest.raises(Killed):
            save(files, 4)
    assert files.newest().progress.step == newest
    assert capsys.readouterr().err == ""
    save(files, 4)
    folder = files.paths[0].parent
    assert {path.name for path in folder.iterdir()} == {
        f"step-{step}.npz" for step in (2, 3, 4)
    }


def test_a_full_disk_leaves_the_old_ones(files, monkeypatch):
    save(files, 1)

    def savez(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(OSError):
        save(files, 2)
    folder = files.paths[0].parent
    assert [path.name for path in folder.iterdir()] == ["step-1.npz"]


def test_a_flipped_bit_is_harmless_or_seen(files, capsys):
    """A file with a flipped bit holds what was written, or does not count.

    In every third byte, all of its bits in turn.
    """
    files.write(Progress(step=1), {"classifier/0": np.zeros(1)})
    files.write(PROGRESS, ARRAYS)
    path = files.paths[0]
    content = path.read_bytes()
    seen = 0
    for position in range(0, len(content), 3):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        found = files.newest()
        if found.path == path:
            assert found.progress == PROGRESS
            for name, array in ARRAYS.items():
                np.testing.assert_array_equal(found.arrays[name], array)
        else:
            seen += 1
    assert seen > len(content) // 6
    assert capsys.readouterr().err.count("\n") == seen


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_shortened_file_does_not_count(files, share, capsys):
    save(files, 1, 2)
    content = files.paths[0].read_bytes()
    files.paths[0].write_bytes(content[: int(share * len(content))])
    assert files.newest().progress.step == 1
    line = capsys.readouterr().err
    assert line.startswith("note: damaged checkpoint step-2.npz: ")
    assert (
        line.endswith("step-1.npz is used instead.\n") and line.count("\n") == 1
    )


def _zeros(path):
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))


NO_CHECKPOINTS = {
    "a folder": pathlib.Path.mkdir,
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "an array": _zeros,
    "no checksum": lambda path: np.savez(path, a=1),
    "no text": lambda path: np.savez(path, sha256=np.array([None])),
    "it is compressed": lambda path: np.savez_compressed(
        path, a=np.zeros(10**6)
    ),
}


@pytest.mark.parametrize("kind", NO_CHECKPOINTS)
def test_what_is_no_checkpoint_does_not_count(files, kind, capsys):
    """Nothing hangs, and nothing is unpacked to more than it holds."""
    save(files, 1)
    NO_CHECKPOINTS[kind](files.paths[0].parent / "step-2.npz")
    assert files.newest().progress.step == 1
    said = capsys.readouterr().err
    assert "step-2.npz: " in said and said.count("\n") == 1
    assert kind in said or kind != "it is compressed"


def test_all_damaged(files):
    save(files, 1, 2)
    for path in files.paths:
        path.write_bytes(b"")
    with pytest.raises(UserError, match=r"no checkpoint in .* can be read .*2"):
        files.newest()


def test_copies_that_synchronisers_make_are_ignored(files):
    save(files, 1, 2)
    folder = files.paths[0].parent
    for name in ("step-2 (1).npz", "step-9.conflict.npz", "step-.npz"):
        (folder / name).write_bytes(b"")
    assert names(files) == ["step-2.npz", "step-1.npz"]
    save(files, 3, count=1)
    assert (folder / "step-2 (1).npz").exists()


def test_a_link_in_place_of_a_temporary_file_is_not_followed(files, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    (tmp_path / "checkpoints" / "step-1.npz.tmp").symlink_to(mine)
    save(files, 1)
    assert mine.read_text() == "mine" and files.newest().progress.step == 1


def test_the_best_is_that_of_the_checkpoint(files, tmp_path):
    lines = [
        {
            "step": step,
            "epoch": 1,
            "seconds": 1.0,
            "seconds_per_step": 0.1,
            "train": {},
            "test": {ACCURACY: accuracy, CROSS_ENTROPY: 1.0},
        }
        for step, accuracy in ((1, 0.75), (2, 0.5))
    ]
    for count in (1, 2):
        progress = Progress(step=count, evaluations=tuple(lines[:count]))
        files.write(progress, ARRAYS)
    (tmp_path / "metrics.jsonl").write_text("whatever")
    assert files.best().progress.step == 1
    (tmp_path / "checkpoints" / "step-1.npz").unlink()
    with pytest.raises(UserError, match=r"no best checkpoint.*checkpoint=lat"):
        files.best()
