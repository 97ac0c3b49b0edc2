"""SIGKILL at any moment: the same command ends where it would have."""

import random
import signal

import pytest

from tests import run_folders

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
    "--num_epochs=8",
    "--num_iter_per_epoch=25",
    "--eval_freq=1",
    "--log_freq=10",
    "--panel_freq=2",
    "--snapshot_epochs=4",
    "--checkpoint_steps=7",
)


def _kill(process, folder, rng):
    """Kills a run once it has written a few more checkpoints."""
    seen, wanted = set(), rng.randrange(1, 20)

    def written():
        seen.update((folder / "checkpoints").glob("step-*.npz*"))
        return len(seen) >= wanted

    process.wait_until(written)
    process.wait(rng.random() / 50)
    process.send(signal.SIGKILL)
    return process.end()


@pytest.mark.parametrize("name", RUNS)
def test_killed_and_continued(commands, leave_to_full, name):
    leave_to_full(name != "images")
    flags = (*RUNS[name], *FLAGS)
    whole, cut = commands.folder / "whole", commands.folder / "cut"
    assert commands.train(*flags, f"--log_dir={whole}").status == 0
    rng = random.Random(name)
    for _ in range(_KILLS):
        process = commands.start("train", *flags, f"--log_dir={cut}")
        status = _kill(process, cut, rng).status
        if status == 0:
            break
        assert status == -signal.SIGKILL
        assert (cut / "lock").exists()
    ended = commands.train(*flags, f"--log_dir={cut}")
    assert (ended.status, ended.err) == (0, "")
    assert not (cut / "lock").exists()
    run_folders.assert_same(cut, whole)
    for path in (whole / "snapshots").iterdir():
        ours = run_folders.read(cut / "snapshots" / path.name)
        run_folders.assert_equal(ours, run_folders.read(path))
