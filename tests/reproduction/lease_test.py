"""A lease: runs that are stopped in time, and continued elsewhere."""

import dataclasses
import functools
import pathlib
import time
import types

from tests import forked_children, processes, run_folders
from tests.reproduction.conftest import CELL
from xvat_tf import train
from xvat_tf.reproduction import cells, runs, work
from xvat_tf.reproduction.runs import plan, read_state


def _one_cell():
    forked_children.fork_children()
    cells.CELLS = (CELL,)


def _hurried(folder):
    """The clock jumps over a lease once there is a checkpoint."""
    _one_cell()
    clock = work.time.monotonic

    def monotonic():
        return clock() + 600 * any(folder.glob("*.npz"))

    work.time = types.SimpleNamespace(monotonic=monotonic, sleep=time.sleep)


def test_a_lease_is_continued_by_the_next(places, cell, tmp_path):
    """The bits are those of a run that was not stopped."""
    flagfile = places.flags / "digits_mle.flags"
    flagfile.write_text(
        flagfile.read_text() + "--num_epochs=20\n--eval_freq=5\n"
    )
    run = plan("digits_mle", 1, places)
    lease = [
        *("--table=1", "--seeds=1", "--jobs=2", "--minutes=9"),
        "--panel_freq=0",
        f"--results_dir={places.results}",
        f"--flags_dir={places.flags}",
    ]

    def reproduced(runs_dir, first):
        words = ("reproduce", *lease, f"--runs_dir={runs_dir}")
        return processes.start(words, tmp_path, first).end()

    hurried = functools.partial(_hurried, run.folder.checkpoints)
    assert reproduced(places.runs, hurried).status == 143
    assert read_state(run).kind == runs.INTERRUPTED
    assert not run.folder.checkpoints.joinpath("step-1000.npz").exists()
    elsewhere = dataclasses.replace(places, runs=tmp_path / "elsewhere")
    places.runs.rename(elsewhere.runs)

    assert reproduced(elsewhere.runs, _one_cell).status == 0
    run = plan("digits_mle", 1, elsewhere)
    log = run.log_file.read_text()
    assert "continuing after step" in log
    whole = pathlib.Path(tmp_path / "whole")
    train.main([*run.flags, f"--log_dir={whole}"])
    run_folders.assert_same(run.folder.path, whole)
    assert read_state(run).kind == runs.FINISHED
