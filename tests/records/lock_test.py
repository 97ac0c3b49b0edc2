"""One process trains in a run folder; what a killed one left is no lock."""

import os
import signal
import subprocess
import sys

import pytest

from xvat_tf.errors import UserError
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.records.checkpoint_files import CheckpointFiles
from xvat_tf.records.forms import Progress
from xvat_tf.records.lock import locked

_HOLD = """
import pathlib, sys, time
from xvat_tf.records.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    words = [sys.executable, "-c", _HOLD, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_held_once_and_removed(tmp_path):
    with locked(tmp_path):
        text = (tmp_path / "lock").read_text()
        assert text.startswith(f"process {os.getpid()} on ")
        with (
            pytest.raises(UserError, match=f"in use by process {os.getpid()}"),
            locked(tmp_path),
        ):
            raise AssertionError
        assert (tmp_path / "lock").read_text() == text
    assert list(tmp_path.iterdir()) == []


def test_another_process_is_named_and_its_death_frees(tmp_path, holder):
    with (
        pytest.raises(UserError, match=f"in use by process {holder.pid} on"),
        locked(tmp_path),
    ):
        raise AssertionError
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "lock").exists()
    with locked(tmp_path):
        text = (tmp_path / "lock").read_text()
        assert text.startswith(f"process {os.getpid()} on ")
        assert text.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_lock(tmp_path):
    (tmp_path / "lock").mkdir()
    with (
        pytest.raises(UserError, match="cannot be locked .Is a directory"),
        locked(tmp_path),
    ):
        raise AssertionError


def test_a_run_that_did_not_begin_leaves_nothing(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    with pytest.raises(KeyError), folder.locked():
        raise KeyError
    assert not folder.path.exists()


def move_away(folder):
    folder.rename(folder.with_name("moved"))


def move_and_replace(folder):
    move_away(folder)
    folder.mkdir()
    (folder / "lock").write_text("process 1 on here\n")


def remove_lock(folder):
    (folder / "lock").unlink()


def replace_lock(folder):
    remove_lock(folder)
    (folder / "lock").write_text("process 1 on here\n")


@pytest.mark.parametrize(
    "change", [move_away, move_and_replace, remove_lock, replace_lock]
)
def test_a_folder_that_changed_hands_is_not_written_to(tmp_path, change):
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.require_ours()  # Nobody holds it: nothing to lose.
    with folder.locked():
        folder.require_ours()
        change(folder.path)
        for write in (
            lambda: MetricsLog(folder, Progress()).append({}),
            lambda: CheckpointFiles(folder).write(Progress(), {}),
        ):
            with pytest.raises(UserError, match="run was moved, or its file"):
                write()
    theirs = folder.path / "lock"
    if theirs.exists():
        assert theirs.read_text() == "process 1 on here\n"
        assert [path.name for path in folder.path.iterdir()] == ["lock"]


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match="cannot be locked"):
        locked(tmp_path / "run").__enter__()
    assert (tmp_path / "mine").read_text() == "mine"
