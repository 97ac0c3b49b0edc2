"""Two workers on loopback: stopped, killed, continued, alone again."""

import contextlib
import json
import signal
import socket
import time

import numpy as np
import pytest

from tests import run_folders
from tests.processes import Ended

_LONGEST_SECONDS = 240
FLAGS = (
    "--dataset=digits",
    "--method=xvat",
    "--mask_model=transductive",
    "--shards=2",
    "--sync_bn",
    "--dtype=float64",
    "--hidden_sizes=8",
    "--batch_size=4",
    "--ul_batch_size=6",
    "--num_epochs=4",
    "--num_iter_per_epoch=20",
    "--eval_freq=1",
    "--log_freq=10",
    "--panel_freq=0",
    "--checkpoint_steps=5",
)


class Group:
    """Two workers that train in one run folder."""

    def __init__(self, commands, folder, *flags):
        with socket.socket() as one, socket.socket() as other:
            for each in (one, other):
                each.bind(("127.0.0.1", 0))
            self._workers = [
                f"127.0.0.1:{s.getsockname()[1]}" for s in (one, other)
            ]
        self._commands, self.folder = commands, folder
        self._flags = (*FLAGS, f"--log_dir={folder}", *flags)
        self._flags += ("--distribute=multiworker",)
        self.processes = [self._start(0), self._start(1)]

    def kill_and_restart(self, index):
        """What an operator of the group does about a dead worker."""
        self.processes[index].kill()
        self.processes[index] = self._start(index)

    def wait_for_step(self, step):
        """Until there is a checkpoint of that step or a later one."""
        end = time.monotonic() + _LONGEST_SECONDS
        while run_folders.newest_step(self.folder) < step:
            assert time.monotonic() < end
            assert all(p.running for p in self.processes), self.ends()
            time.sleep(0.01)

    def ends(self):
        """How both ended."""
        return [process.end() for process in self.processes]

    def _start(self, index):
        task = {
            "cluster": {"worker": self._workers},
            "task": {"type": "worker", "index": index},
        }
        return self._commands.start(
            "train", *self._flags, environment={"TF_CONFIG": json.dumps(task)}
        )


@contextlib.contextmanager
def _group(commands, folder, *flags):
    group = Group(commands, folder, *flags)
    try:
        yield group
    finally:
        for process in group.processes:
            process.kill()


@pytest.fixture(scope="module")
def whole(commands_in, tmp_path_factory):
    """The folder of a run of two workers that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with _group(commands_in(folder.parent), folder) as group:
        chief, follower = group.ends()
    assert (chief.status, chief.err) == (0, ""), chief.err
    assert "finished" in chief.out and chief.out.count("epoch ") == 4
    assert follower == Ended(0, "", "")
    return folder


@pytest.mark.parametrize("victim", [0, 1], ids=["chief", "other"])
def test_a_group_outlives_a_worker_and_stops_as_one(
    commands, whole, victim, leave_to_full, precision
):
    """One is killed and started again; a signal stops all; one goes on.

    The images come from a file, and at the end, as those of `whole`, from
    memory: their bits are the same.
    """
    leave_to_full(victim)
    folder = commands.folder / "run"
    flags = ("--streaming", "--data_dir=sets")
    with _group(commands, folder, *flags) as group:
        group.wait_for_step(10)
        group.kill_and_restart(victim)
        group.wait_for_step(35)
        group.processes[1].send(signal.SIGTERM)
        ends = chief, follower = group.ends()
    assert [ended.status for ended in ends] == [143, 143], ends
    assert "interrupted" in chief.out and "stopped and saved" in chief.err
    assert follower.out == ""
    assert follower.err.endswith("\nstopping after this step ...\n")
    survivor = ends[1 - victim].err
    assert "note: a worker of the group is gone (" in survivor
    assert "Traceback" not in survivor
    # To the bit, what was recorded before it was killed and since then.
    done = run_folders.metrics(folder)
    assert len(done) >= 1 and done == run_folders.metrics(whole)[: len(done)]
    assert set(run_folders.points(folder)) <= set(run_folders.points(whole))
    _goes_on_alone(commands, folder, whole)


def _goes_on_alone(commands, folder, whole):
    commands.called("train", *FLAGS, f"--log_dir={folder}")
    found, expected = run_folders.arrays(folder), run_folders.arrays(whole)
    assert set(found) == set(expected)
    for name in set(expected) - {"progress", "sha256"}:
        np.testing.assert_allclose(
            found[name], expected[name], rtol=1e-6, atol=1e-9, err_msg=name
        )


def test_a_diverged_run_ends_everywhere_in_one_line(commands, leave_to_full):
    leave_to_full(True)  # `failures_test.py` has the line of one process.
    folder = commands.folder / "run"
    with _group(commands, folder, "--learning_rate=1e300") as group:
        ends = group.ends()
    for ended in ends:
        assert ended.error().startswith("the loss is not finite at step ")


@pytest.mark.parametrize("config", [None, "{}"])
def test_without_a_task_in_tf_config(commands, monkeypatch, config):
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    line = commands.refused("train", *FLAGS, "--distribute=multiworker")
    assert line.startswith("--distribute=multiworker reads ")
    assert not (commands.folder / "runs").exists()
