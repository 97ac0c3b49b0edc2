"""Run folders and flagfiles made by hand."""

import json

import pytest

from xvat_tf.files import as_json, write_json
from xvat_tf.records import summarize
from xvat_tf.reproduction import cells
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.runs import Places, plan
from xvat_tf.settings import to_values

FLAGS = """\
--dataset=digits
--method=mle
--hidden_sizes=16
--batch_size=10
--num_epochs=10
--num_iter_per_epoch=50
--eval_freq=1
--panel_freq=0
"""
CELL = Cell("1", "digits", "mle", "recipe", "digits_mle", 90.0)


@pytest.fixture
def places(tmp_path):
    """Folders with one flagfile, digits_mle: 10 epochs of 50 steps."""
    flags = tmp_path / "flags"
    flags.mkdir()
    (flags / "digits_mle.flags").write_text(FLAGS)
    return Places(tmp_path / "runs", tmp_path / "results", flags)


@pytest.fixture
def cell(monkeypatch):
    """The only cell there is, of table 1."""
    monkeypatch.setattr(cells, "CELLS", (CELL,))
    return CELL


def line(step, accuracy, seconds_per_step=0.1):
    """An evaluation."""
    return {
        "step": step,
        "epoch": step // 50,
        "seconds": step * seconds_per_step,
        "seconds_per_step": seconds_per_step,
        "train": {"loss/total": 1.0, "loss/cross_entropy": 0.5},
        "test": {"accuracy/top1": accuracy, "loss/cross_entropy": 0.25},
    }


def write_run(run, accuracies, status=None, checkpoint=None):
    """Writes what a run leaves that was evaluated after each epoch.

    Args:
        run: The planned run.
        accuracies: Of its evaluations.
        status: That of results.json; None for no such file.
        checkpoint: Step of a checkpoint, if there is one.
    """
    folder = run.folder
    folder.checkpoints.mkdir(parents=True)
    record = {"settings": to_values(run.settings), "split_sha256": "0"}
    write_json(folder.settings_file, record | {"versions": {}})
    lines = [line(50 * i, one) for i, one in enumerate(accuracies, start=1)]
    folder.metrics_file.write_text("".join(f"{as_json(x)}\n" for x in lines))
    steps = checkpoint or 50 * len(lines)
    if checkpoint:
        (folder.checkpoints / f"step-{checkpoint}.npz").touch()
    if status:
        on = run.settings.data.evaluated_on
        write_json(folder.results_file, summarize(lines, status, on, steps))


@pytest.fixture
def make_run(places):
    """Plans a run of digits_mle by its seed, and writes its folder."""

    def make(seed, *accuracies, status=None, checkpoint=None):
        run = plan("digits_mle", seed, places)
        if accuracies or status or checkpoint:
            write_run(run, accuracies, status, checkpoint)
        return run

    return make


@pytest.fixture
def read_json():
    return lambda path: json.loads(path.read_text())
