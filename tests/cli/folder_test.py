"""A folder of 300 PNG files goes through the commands."""

import json

import pytest

from tests import folder_of_images

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
