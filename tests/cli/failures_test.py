"""Runs that end early: no finite loss, a full disk, too little memory."""

import json
import shutil

import pytest

from xvat_tf import machine
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder, read_metrics
from xvat_tf.settings import TrainSettings


def test_loss_that_is_not_finite(commands):
    """At this rate the first step is finite and the second is not."""
    flags = (
        "--dataset=moons",
        "--method=mle",
        "--learning_rate=1e30",
        "--num_epochs=3",
        "--num_iter_per_epoch=1",
        "--log_dir=run",
    )
    line = commands.refused("train", *flags)
    assert "not finite at step 2 (" in line
    assert "loss/total nan" in line and "loss/cross_entropy nan" in line
    assert "--learning_rate" in line
    assert line.endswith("last good checkpoint: run/checkpoints/step-1.npz.")
    results = commands.folder / "run" / "results.json"
    assert json.loads(results.read_text())["status"] == "diverged"
    checkpoints = commands.folder / "run" / "checkpoints"
    assert {path.name for path in checkpoints.iterdir()} == {"step-1.npz"}


def test_disk_full_at_the_start_leaves_nothing(commands, tiny):
    line = commands.run("train", *tiny, "--log_dir=run", limit=1).error()
    assert line.startswith("run/split.npz cannot be written (File too large)")
    assert not (commands.folder / "run").exists()


def test_disk_full_at_a_checkpoint(commands, tiny):
    flags = (*tiny, "--method=mle", "--hidden_sizes=64,64", "--panel_freq=0")
    line = commands.run("train", *flags, "--log_dir=run", limit=32).error()
    assert line.startswith("the checkpoint of step 25 cannot be written (")
    assert "free some space" in line and "{{" not in line
    metrics = (commands.folder / "run" / "metrics.jsonl").read_text()
    assert json.loads(metrics)["step"] == 25


def test_disk_full_at_the_first_panels(commands, tiny):
    flags = (*tiny, "--num_epochs=1", "--log_dir=run")
    line = commands.run("train", *flags, limit=32).error()
    assert line.startswith("TensorBoard events of step 0 in run cannot be")
    assert "File too large" in line and "free some space" in line
    commands.called("train", *flags, "--panel_freq=0")


def test_disk_full_when_a_run_continues(commands, trained, contents):
    """Nothing that was recorded before is lost."""
    copy = shutil.copytree(trained.folder, commands.folder / "run")
    (copy / "results.json").unlink()
    for path in (copy / "checkpoints").glob("step-300.*"):
        path.unlink()
    before = contents(copy)
    flags = (*trained.flags[:-1], "--log_dir=run")
    line = commands.run("train", *flags, limit=4).error()
    assert line.startswith("run/metrics.jsonl cannot be written (")
    after = contents(copy)
    assert {name: after[name] for name in before} == before


def test_a_line_of_metrics_that_was_cut_off_is_dropped(tmp_path):
    means = {"accuracy/top1": 0.5, "loss/cross_entropy": 1.0}
    whole = {"step": 5, "epoch": 1, "seconds": 1.0, "seconds_per_step": 0.2}
    whole |= {"train": {}, "test": means}
    text = json.dumps(whole) + "\n"
    path = tmp_path / "metrics.jsonl"
    path.write_text(text + text[:30])
    assert read_metrics(RunFolder(tmp_path)) == [whole]
    path.write_text(text[:30] + "\n" + text)
    with pytest.raises(UserError, match="line 1 of .*metrics.jsonl is damaged"):
        read_metrics(RunFolder(tmp_path))


def test_too_little_memory():
    import tensorflow as tf

    message = "{{node x}} OOM when allocating tensor with shape[9,9]"
    with (
        pytest.raises(UserError, match=r"not enough memory \(OOM.*shape\[9,9"),
        machine.prepare(TrainSettings()),
    ):
        raise tf.errors.ResourceExhaustedError(None, None, message)
