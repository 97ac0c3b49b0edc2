"""What a person sees: the commands in terminals, 80 and 200 columns wide."""

import numpy as np
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
    return lambda columns, *words: terminal.watch(words, columns, tmp_path)


@pytest.mark.parametrize("columns, method", [(80, "xvat"), (200, "mle")])
def test_training_shows_a_bar_and_ends(watch, columns, method):
    seen = watch(columns, "train", *_TINY, f"--method={method}", "--log_dir=r")
    assert seen.status == 0, "\n".join(seen.last)
    bars = seen.lines(" left  loss ")
    assert bars and len(set(map(_width, bars))) == 1
    assert all("accuracy" in bar for bar in bars)
    assert all(("perturbed" in bar) == (method == "xvat") for bar in bars)
    assert 5 <= _width(bars[0]) <= 40
    assert bars[-1].startswith("60/60 |") and "|    00:00 left" in bars[-1]
    [first, *_] = seen.last
    assert first.startswith(f"{method} on digits: 50 labeled")
    paragraph = " ".join(seen.last[:3])
    assert "500 test images of 8x8x1" in paragraph
    assert "60 steps" in paragraph and "CPU:0" in paragraph
    assert len(seen.lines("epoch ")) == 2


@pytest.mark.parametrize(
    "columns, command, flag, total, said",
    [
        (80, "predict", "log_dir", 2500, "predictions.csv: 2,500 images, "),
        (200, "report", "runs", 1, "report.html: 1 run"),
    ],
)
def test_images_and_runs_are_counted(
    watch, columns, command, flag, total, said, trained, tmp_path
):
    np.save(tmp_path / "x.npy", np.zeros((2500, 8, 8), np.uint8))
    images = ["--images=x.npy"] if command == "predict" else []
    seen = watch(columns, command, f"--{flag}={trained.folder}", *images)
    assert seen.status == 0, "\n".join(seen.last)
    bars = seen.lines(" left")
    assert bars[-1].startswith(f"{total}/{total} |")
    assert len(set(map(_width, bars))) == 1
    assert seen.last[-1].startswith(said) and len(seen.last) == 2


@pytest.mark.parametrize("columns", [80, 200])
def test_reproducing_shows_a_line_per_run(
    watch, leave_to_full, columns, tmp_path
):
    leave_to_full(True)  # It imports TensorFlow once more.
    (tmp_path / "flags").mkdir()
    (tmp_path / "flags" / "mnist_mle_short.flags").write_text(
        "\n".join(["--method=mle", *_TINY, "--num_epochs=3"])
    )
    seen = watch(
        columns,
        "reproduce",
        *("--table=1", "--datasets=mnist"),
        *("--methods=mle", "--variants=short"),
        "--seeds=1",
        "--flags_dir=flags",
    )
    assert seen.status == 0, "\n".join(seen.last)
    lines = seen.lines("seed 1 ")
    assert any("running" in line for line in lines)
    assert any("finished" in line and "90 of 90" in line for line in lines)
    assert seen.lines("1 finished; nothing is left to train")


def _width(bar):
    """Columns between the ends of a bar."""
    return len(bar.split("|")[1])
