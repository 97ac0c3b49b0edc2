"""Two workers on loopback: stopped, killed, continued, alone again."""

import contextlib
import json
import signal

import numpy as np
import pytest

from tests import processes, run_folders
from tests.processes import Ended

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
    """Two workers that train in one run folder; `first` is of each."""

    def __init__(self, workers, commands, flags, first):
        self._workers, self._commands = workers, commands
        self._flags = (*FLAGS, *flags, "--distribute=multiworker")
        self.processes = [self.start(i, step) for i, step in enumerate(first)]

    def start(self, index, step):
        """Starts a worker that pauses after `step` steps, if at all."""
        task = {
            "cluster": {"worker": self._workers},
            "task": {"type": "worker", "index": index},
        }
        return self._commands.start(
            "train",
            *self._flags,
            environment={"TF_CONFIG": json.dumps(task)},
            first=step and processes.pausing(step),
        )

    def kill_and_restart(self, index, step):
        """What an operator of the group does about a dead worker."""
        self.processes[index].kill()
        self.processes[index] = self.start(index, step)

    def ends(self):
        """How both ended."""
        return [process.end() for process in self.processes]


@contextlib.contextmanager
def _group(commands, *flags, first=(None, None)):
    with processes.reserved_addresses(2) as workers:
        group = Group(workers, commands, flags, first)
        try:
            yield group
        finally:
            for process in group.processes:
                process.kill()


@pytest.fixture(scope="module")
def whole(commands_in, tmp_path_factory):
    """The folder of a run of two workers that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with _group(commands_in(folder.parent), "--log_dir=run") as group:
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
    flags = ("--log_dir=run", "--streaming", "--data_dir=sets")
    first = (None, 10) if victim else (10, None)
    with _group(commands, *flags, first=first) as group:
        group.processes[victim].wait_for_pause()
        group.kill_and_restart(victim, 35)
        group.processes[victim].wait_for_pause()
        group.processes[1].send(signal.SIGTERM)
        group.processes[victim].go_on()
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
    assert len(done) == 1 and done == run_folders.metrics(whole)[: len(done)]
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
    flags = ("--log_dir=run", "--learning_rate=1e300")
    with _group(commands, *flags) as group:
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
