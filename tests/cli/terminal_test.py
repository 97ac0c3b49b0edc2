"""What a person sees: the commands in terminals, 80 and 200 columns wide."""

import os
import pathlib

import pytest

from tests.cli import terminal

_TINY = (
    "--dataset=digits",
    "--hidden_sizes=16",
    "--batch_size=10",
    "--ul_batch_size=20",
    "--num_epochs=2",
    "--num_iter_per_epoch=30",
    "--log_freq=5",
    "--panel_freq=0",
    "--eval_freq=1",
)


@pytest.fixture
def watch(tmp_path):
    """Runs a command of the project in a terminal of so many columns."""
    root = str(pathlib.Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root, "CUDA_VISIBLE_DEVICES": ""}

    def run(columns, command, *flags):
        words = terminal.python(f"xvat_tf.{command}", *flags)
        return terminal.watch(words, columns, tmp_path, environment)

    return run


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("method", ["mle", "xvat"])
def test_training_shows_a_bar_and_ends(watch, columns, method):
    seen = watch(columns, "train", *_TINY, f"--method={method}", "--log_dir=r")
    assert seen.status == 0, "\n".join(seen.last)
    bars = seen.lines("loss=")
    assert bars
    if columns == 200:
        assert "accuracy=" in bars[-1]
        assert ("perturbed=" in bars[-1]) == (method == "xvat")
