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
def test_training_shows_a_bar_and_ends(watch, leave_to_full, columns, method):
    leave_to_full((columns == 80) != (method == "xvat"))
    seen = watch(columns, "train", *_TINY, f"--method={method}", "--log_dir=r")
    assert seen.status == 0, "\n".join(seen.last)
    bars = seen.lines(" left  loss ")
    assert bars and len(set(map(_width, bars))) == 1
    assert all("accuracy" in bar for bar in bars)
    assert all(("perturbed" in bar) == (method == "xvat") for bar in bars)
    assert 5 <= _width(bars[0]) <= 40
    assert bars[-1].startswith("60/60 |") and "|   0:00 left" in bars[-1]
    [first, *_] = seen.last
    assert first.startswith(f"{method} on digits: 50 labeled")
    paragraph = " ".join(seen.last[:3])
    assert "500 test images of 8x8x1" in paragraph
    assert "60 steps" in paragraph and "CPU:0" in paragraph
    assert len(seen.lines("epoch ")) == 2


def _width(bar):
    """Columns between the ends of a bar."""
    return len(bar.split("|")[1])
