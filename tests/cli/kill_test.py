"""SIGKILL at any moment: the same command ends where it would have."""

import random
import signal
import time

import pytest

from tests import run_folders

_LONGEST_SECONDS = 100
_KILLS = 2
RUNS = {
    "images": (
        "--dataset=digits",
        "--method=xvat",
        "--mask_model=transductive",
        "--hidden_sizes=16",
    ),
    "points": ("--dataset=moons", "--method=vat", "--supervised"),
    "labels": ("--dataset=digits", "--method=xat", "--hidden_sizes=16"),
}
FLAGS = (
    "--batch_size=10",
    "--num_epochs=20",
    "--num_iter_per_epoch=25",
    "--eval_freq=1",
    "--log_freq=10",
    "--panel_freq=5",
    "--snapshot_epochs=10",
    "--checkpoint_steps=7",
)


def _kill(process, folder, rng):
    """Kills a run once it has written a few more checkpoints."""
    seen, wanted = set(), rng.randrange(1, 20)
    end = time.monotonic() + _LONGEST_SECONDS
    while len(seen) < wanted and process.poll() is None:
        seen |= set((folder / "checkpoints").glob("step-*.npz*"))
        assert time.monotonic() < end
    time.sleep(rng.random() / 50)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=_LONGEST_SECONDS)


@pytest.mark.parametrize("name", RUNS)
def test_killed_and_continued(commands, leave_to_full, name):
    leave_to_full(name != "images")
    flags = (*RUNS[name], *FLAGS)
    whole, cut = commands.folder / "whole", commands.folder / "cut"
    assert commands.train(*flags, f"--log_dir={whole}").status == 0
    rng = random.Random(name)
    for _ in range(_KILLS):
        process = commands.start("train", *flags, f"--log_dir={cut}")
        _kill(process, cut, rng)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        assert (cut / "lock").exists()
    ended = commands.train(*flags, f"--log_dir={cut}")
    assert (ended.status, ended.err) == (0, "")
    assert not (cut / "lock").exists()
    run_folders.assert_same(cut, whole)
    for path in (whole / "snapshots").iterdir():
        ours = run_folders.read(cut / "snapshots" / path.name)
        run_folders.assert_equal(ours, run_folders.read(path))


def test_a_second_process_is_refused(commands, contents):
    flags = (*RUNS["labels"], *FLAGS, "--num_epochs=2000", "--log_dir=run")
    first = commands.start("train", *flags)
    folder = commands.folder / "run"
    end = time.monotonic() + _LONGEST_SECONDS
    while not (folder / "metrics.jsonl").exists():
        assert first.poll() is None and time.monotonic() < end
    line = commands.refused("train", *flags)
    assert line.startswith(f"--log_dir=run is in use by process {first.pid} on")
    assert first.poll() is None
    evaluated = commands.evaluate("--log_dir=run")
    assert (evaluated.status, evaluated.err) == (0, "")
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=_LONGEST_SECONDS)
    assert first.returncode == 128 + signal.SIGTERM
    assert "lock" not in {path.name for path in folder.iterdir()}
