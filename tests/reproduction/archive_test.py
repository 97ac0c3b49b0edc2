"""A lease: runs that are stopped in time, carried away and continued."""

import functools
import pathlib
import shutil
import time
import types

import numpy as np
import pytest

from tests import forked_children, processes, run_folders
from tests.reproduction.conftest import CELL
from xvat_tf import reproduce, train
from xvat_tf.errors import UserError
from xvat_tf.reproduction import archive, cells, runs, work
from xvat_tf.reproduction.runs import plan, read_state

MIB = 2**20


def fill(run, name, mib):
    """Gives a run a file that no compression makes smaller."""
    path = run.folder.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(np.random.default_rng(0).bytes(int(mib * MIB)))


def states(*planned):
    return {run: read_state(run) for run in planned}


def test_what_is_finished_or_nearly_so_goes_first(make_run, places, tmp_path):
    begun = make_run(1, 0.5, status="interrupted", checkpoint=50)
    later = make_run(2, 0.5, 0.6, status="interrupted", checkpoint=100)
    finished = make_run(3, 0.9, status="finished", checkpoint=500)
    missing = make_run(4)
    for run in (begun, later, finished):
        fill(run, f"checkpoints/step-{500 if run is finished else 49}.npz", 9)
        fill(run, "train/events", 0.01)
    for run, step in ((begun, 50), (later, 100)):
        fill(run, f"checkpoints/step-{step}.npz", 2 * archive.PART_MIB)
    found = states(begun, later, finished, missing)
    folder = tmp_path / "carried"
    assert archive.pack(found, places.runs, folder, 34) == [begun]
    parts = sorted(folder.iterdir())
    assert [part.name for part in parts] == ["runs.00", "runs.01", "runs.02"]
    assert all(p.stat().st_size <= archive.PART_MIB * MIB for p in parts)

    away = tmp_path / "away"
    places.runs.rename(away)
    archive.unpack(folder, places.runs)
    names = {
        str(path.relative_to(places.runs / "digits_mle"))
        for path in places.runs.rglob("*")
        if path.is_file()
    }
    kept = {"settings.json", "metrics.jsonl", "results.json"}
    assert names == {
        *(f"seed{seed}/{name}" for seed in (2, 3) for name in kept),
        *("seed2/checkpoints/step-100.npz", "seed2/train/events"),
    }
    for name in names:
        there = away / "digits_mle" / name
        here = places.runs / "digits_mle" / name
        assert there.read_bytes() == here.read_bytes()
    assert read_state(later) == found[later]
    assert read_state(finished).kind == runs.FINISHED


def test_a_run_that_is_here_stays(make_run, places, tmp_path):
    run = make_run(1, 0.5, status="interrupted", checkpoint=50)
    archive.pack(states(run), places.runs, tmp_path / "carried", 1)
    run.folder.metrics_file.write_text("newer")
    archive.unpack(tmp_path / "carried", places.runs)
    assert run.folder.metrics_file.read_text() == "newer"


@pytest.mark.parametrize("damage", ["last", "first", "byte"])
def test_parts_that_are_not_whole_end_in_one_line(
    make_run, places, tmp_path, damage
):
    run = make_run(1, 0.5, status="interrupted", checkpoint=50)
    fill(run, "checkpoints/step-50.npz", archive.PART_MIB + 1)
    folder = tmp_path / "carried"
    archive.pack(states(run), places.runs, folder, 20)
    parts = sorted(folder.iterdir())
    if damage == "byte":
        content = bytearray(parts[0].read_bytes())
        content[MIB] ^= 1
        parts[0].write_bytes(content)
    else:
        parts[-1 if damage == "last" else 0].unlink()
    shutil.rmtree(places.runs)
    with pytest.raises(UserError, match="--archive=.* cannot be read"):
        archive.unpack(folder, places.runs)


def test_an_empty_archive_is_the_first(places, tmp_path):
    archive.unpack(tmp_path / "none", places.runs)
    assert not places.runs.exists()


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
        *("--panel_freq=0", f"--archive={tmp_path / 'carried'}"),
        f"--runs_dir={places.runs}",
        f"--results_dir={places.results}",
        f"--flags_dir={places.flags}",
    ]

    def reproduced(first):
        return processes.start(("reproduce", *lease), tmp_path, first).end()

    hurried = functools.partial(_hurried, run.folder.checkpoints)
    assert reproduced(hurried).status == 143
    assert read_state(run).kind == runs.INTERRUPTED
    assert not run.folder.checkpoints.joinpath("step-1000.npz").exists()
    shutil.rmtree(places.runs)

    assert reproduced(_one_cell).status == 0
    log = run.log_file.read_text()
    assert "continuing after step" in log
    whole = pathlib.Path(tmp_path / "whole")
    train.main([*run.flags, f"--log_dir={whole}"])
    run_folders.assert_same(run.folder.path, whole)
    shutil.rmtree(places.runs)

    reproduce.main([*lease, "--render"])
    assert read_state(run).kind == runs.FINISHED
