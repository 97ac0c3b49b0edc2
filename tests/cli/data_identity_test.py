"""A run is its data, not a path: changed data are refused, moved ones read."""

import contextlib
import json
import os
import shutil

import numpy as np
import pytest

from xvat_tf import audit, evaluate, export, figures, train
from xvat_tf.errors import UserError

_FLAGS = (
    "--dataset=arrays",
    "--method=xvat",
    "--network=mlp",
    "--hidden_sizes=8",
    "--batch_size=10",
    "--ul_batch_size=20",
    "--num_iter_per_epoch=2",
    "--panel_freq=0",
    "--snapshot_epochs=1",
)
_CHANGED = "the data changed since"


def write(path, *, shift=0, pixel=0.0, dtype="int64"):
    """60 images of 3 classes; their labels shifted, one pixel changed."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = rng.normal(size=(60, 8, 8, 1)) * 0.1 + labels[:, None, None, None]
    images = images.astype("float32")
    images[0, 0, 0, 0] += pixel
    labels = ((labels + shift) % 3).astype(dtype)
    np.savez(
        path,
        x_train=images,
        y_train=labels,
        x_test=images[:30],
        y_test=labels[:30],
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A finished run on a relative path, and a copy to restore it from."""
    home = tmp_path_factory.mktemp("identity") / "made"
    home.mkdir()
    with contextlib.chdir(home):
        write("mine.npz")
        flags = [*_FLAGS, "--arrays_file=mine.npz", "--log_dir=run"]
        assert train.main([*flags, "--num_epochs=2"]) == 0
    return home, shutil.copytree(home, home.with_name("kept"))


@pytest.fixture
def made(kept, monkeypatch):
    """The folder of the run, as it was left; it is the current one."""
    home, copy = kept
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(copy, home)
    monkeypatch.chdir(home)
    return home


def reading(run, out, *more):
    """The commands that read a run."""
    return {
        evaluate: [f"--log_dir={run}", "--finetune_iter=0", *more],
        export: [f"--log_dir={run}", f"--out={out}", *more],
        audit: [f"--runs={run}", "--num_images=10", *more],
        figures: [f"--runs={run}", f"--out={out}-f", "--figure=6", *more],
    }


def refusal(capsys, command, flags):
    """What a command says that refuses, in all."""
    with pytest.raises(UserError) as refused:
        command.main(flags)
    return f"{refused.value} {capsys.readouterr().err}"


@pytest.mark.parametrize("change", [{"shift": 1}, {"pixel": 1e-4}])
def test_changed_data_are_refused_by_all(made, capsys, change, leave_to_full):
    leave_to_full("pixel" in change)
    write("mine.npz", **change)
    run = [*_FLAGS, "--arrays_file=mine.npz", "--log_dir=run"]
    assert _CHANGED in refusal(capsys, train, [*run, "--num_epochs=2"])
    for command, flags in reading("run", "out").items():
        assert _CHANGED in refusal(capsys, command, flags)


def test_a_resume_does_not_mix_data(made, capsys):
    results = json.loads((made / "run" / "results.json").read_text())
    os.remove(made / "run" / "results.json")
    write("mine.npz", shift=1)
    run = [*_FLAGS, "--arrays_file=mine.npz", "--log_dir=run"]
    assert _CHANGED in refusal(capsys, train, [*run, "--num_epochs=2"])
    write("mine.npz", dtype="uint8")  # The same numbers, written again.
    assert train.main([*run, "--num_epochs=2"]) == 0
    again = json.loads((made / "run" / "results.json").read_text())
    assert again["final_accuracy"] == results["final_accuracy"]


def test_a_run_is_read_from_everywhere(made, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    commands = reading(made / "run", tmp_path / "a")
    for command in (evaluate, figures):
        assert not command.main(commands[command])


def test_a_run_and_its_data_move(made, tmp_path, monkeypatch, capsys):
    moved = tmp_path / "moved"
    made.rename(moved)
    monkeypatch.chdir("/")
    now = f"--arrays_file={moved / 'mine.npz'}"
    for command, flags in reading(moved / "run", moved / "b").items():
        assert "(No such file" in refusal(capsys, command, flags)
        if command is not evaluate:  # `folder_test.py` has it.
            assert not command.main([*flags, now])
    run = [*_FLAGS, now, f"--log_dir={moved / 'run'}", "--num_epochs=2"]
    assert train.main(run) == 0
    assert "nothing was trained" in capsys.readouterr().out


def test_an_old_run_without_a_digest_still_opens(made):
    file = made / "run" / "settings.json"
    record = json.loads(file.read_text())
    assert record["settings"]["arrays_file"] == str(made / "mine.npz")
    del record["data_sha256"]
    record["settings"]["arrays_file"] = "mine.npz"
    file.write_text(json.dumps(record))
    assert not evaluate.main(reading("run", "out")[evaluate])
