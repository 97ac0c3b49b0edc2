"""A folder of 300 PNG files goes through the commands."""

import contextlib
import json

import numpy as np
import pytest

from tests import folder_of_images
from xvat_tf.command_line.own_data import completed
from xvat_tf.data import Split
from xvat_tf.records import RunFolder, default_path
from xvat_tf.settings import resolve

FLAGS = (
    "--dataset=folder",
    "--method=xvat",
    "--network=mlp",
    "--hidden_sizes=128",
    "--num_epochs=3",
    "--num_iter_per_epoch=100",
    "--panel_freq=0",
    "--snapshot_epochs=3",
)
_NAMED = [f"true {i} {name}" for i, name in enumerate(folder_of_images.CLASSES)]


@pytest.fixture(scope="module")
def run(tmp_path_factory, commands_in):
    """A run on 240 labeled files of three classes and 60 without a label."""
    home = tmp_path_factory.mktemp("images")
    folder_of_images.write(home / "shapes")
    commands_in(home).called(
        "train", *FLAGS, "--images_dir=shapes", "--log_dir=run"
    )
    return home / "run"


def test_what_was_chosen_is_said_first(run, commands):
    shapes = f"--images_dir={run.parent / 'shapes'}"
    flags = ["--dataset=folder", shapes, "--method=mle"]
    few = ["--num_epochs=1", "--num_iter_per_epoch=2", "--panel_freq=0"]
    said = commands.called("train", *flags, *few, "--log_dir=own")
    first = said.out.splitlines()[0]
    assert first.startswith("note: cnn and 2 steps")
    assert "252 training images of 16x16x1" in first
    assert "--network=cnn --batch_size=32 --ul_batch_size=128" in first
    # What was given once need not be given again.
    again = commands.called("train", *flags, "--log_dir=own")
    assert again.out.startswith("this run is finished")


def test_a_run_of_an_older_version_continues_as_it_was(run, tmp_path):
    """It had the official defaults: 13 convolutions for 48,000 steps."""
    given = {"dataset": "folder", "images_dir": str(run.parent / "shapes")}
    old = resolve(given)
    with contextlib.chdir(tmp_path):
        assert resolve(completed(given)[0]) != old
        folder = RunFolder(default_path(old))
        folder.open(old)
        folder.record_start(old, Split(*[np.zeros(0, np.int64)] * 3))
        values, said = completed(given)
    assert resolve(values) == old and not said
    assert old.train.num_steps == 48_000


def _reading(run, out):
    return {
        "evaluate": [f"--log_dir={run}", "--finetune_iter=0"],
        "export": [f"--log_dir={run}", f"--out={out}/export"],
        "audit": [f"--runs={run}", "--num_images=10"],
        "figures": [f"--runs={run}", f"--out={out}", "--figure=6"],
    }


def test_it_learns(run):
    results = json.loads((run / "results.json").read_text())
    assert results["final_accuracy"] > 0.9


def test_the_classes_have_their_names(run, commands):
    record = json.loads((run / "settings.json").read_text())
    assert record["class_names"] == list(folder_of_images.CLASSES)
    flags = _reading(run, "export")
    said = commands.called("evaluate", *flags["evaluate"], "--json=numbers")
    for name in _NAMED:
        assert name in said.out
    numbers = json.loads((commands.folder / "numbers").read_text())
    assert numbers["class_names"] == list(folder_of_images.CLASSES)
    commands.called("export", *flags["export"])
    card = (commands.folder / "export" / "export" / "README.md").read_text()
    assert "In order: bar, cross, ring." in card


def test_a_moved_folder_is_found_again(run, commands, capsys):
    shapes = (run.parent / "shapes").rename(run.parent / "moved")
    try:
        for command, flags in _reading(run, "out").items():
            wrong = f"--images_dir={run.parent}/shapes does not exist"
            assert wrong in _refusal(commands, capsys, command, flags)
            commands.called(command, *flags, f"--images_dir={shapes}")
        again = [*FLAGS, f"--images_dir={shapes}", f"--log_dir={run}"]
        said = commands.called("train", *again)
        assert "nothing was trained" in said.out
    finally:
        shapes.rename(run.parent / "shapes")


def test_a_changed_folder_is_refused(run, commands, capsys):
    file = run.parent / "shapes" / "bar" / "000.png"
    other = run.parent / "shapes" / "ring" / "200.png"
    content = file.read_bytes()
    file.write_bytes(other.read_bytes())
    try:
        again = [f"--images_dir={run.parent}/shapes", f"--log_dir={run}"]
        for command, flags in (
            ("evaluate", _reading(run, "out")["evaluate"]),
            ("train", [*FLAGS, *again]),
        ):
            said = _refusal(commands, capsys, command, flags)
            assert "the data changed" in said
    finally:
        file.write_bytes(content)


def _refusal(commands, capsys, command, flags):
    """What a command says that refuses, in all."""
    return commands.refused(command, *flags) + capsys.readouterr().err


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--dataset=folder"], "--images_dir='' does not fit"),
        (["--dataset=digits", "--images_dir=d"], "--images_dir='d' does not"),
        (["--dataset=mnist", "--image_size=9"], "--image_size=9 is not for"),
        (["--dataset=digits", "--test_share=0.3"], "--test_share=0.3 is not"),
        (["--dataset=tfds:x", "--skip_broken_images"], "is not for"),
        (
            ["--dataset=folder", "--images_dir=d", "--image_size=9"],
            "--network=conv13 needs images of 12x12",
        ),
    ],
)
def test_flags_of_others_are_refused(commands, flags, message):
    assert message in commands.refused("train", *flags, "--network=conv13")
