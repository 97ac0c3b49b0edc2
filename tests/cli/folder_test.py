"""A folder of 300 PNG files goes through the commands."""

import contextlib
import csv
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from tests import folder_of_images
from xvat_tf.command_line.runs import completed
from xvat_tf.data import Split
from xvat_tf.data.splits import hold_out
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
    assert first.startswith("note: chose cnn and 2 steps for 252 training")
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


def test_it_learns(run):
    results = json.loads((run / "results.json").read_text())
    assert results["final_accuracy"] > 0.9


def test_the_classes_have_their_names(run, commands):
    record = json.loads((run / "settings.json").read_text())
    assert record["class_names"] == list(folder_of_images.CLASSES)
    flags = (f"--log_dir={run}", "--finetune_iter=0", "--json=numbers")
    said = commands.called("evaluate", *flags)
    for name in _NAMED:
        assert name in said.out
    numbers = json.loads((commands.folder / "numbers").read_text())
    assert numbers["class_names"] == list(folder_of_images.CLASSES)
    commands.called("export", flags[0], "--out=export")
    card = (commands.folder / "export" / "README.md").read_text()
    assert "In order: bar, cross, ring." in card


def test_its_classes_are_named_on_the_page(run, commands):
    commands.called("report", f"--runs={run}")
    text = (commands.folder / "report.html").read_text()
    for name in folder_of_images.CLASSES:
        assert f'<th scope="row">{name}</th>' in text


def test_its_files_are_predicted_by_name(run, commands):
    """Those that were held out as evaluate counts them."""
    shapes = run.parent / "shapes"
    data = RunFolder(run).read_settings().data
    names = folder_of_images.CLASSES
    files = sorted(f for name in names for f in (shapes / name).iterdir())
    labels = np.array([names.index(file.parent.name) for file in files])
    out = hold_out(labels, data.test_share, data.dataset_seed)
    paths = {str(files[i]): files[i].parent.name for i in np.flatnonzero(out)}
    given = f"--images={','.join(paths)}"
    said = commands.called("predict", f"--log_dir={run}", given, "--out=p.csv")
    assert said.out.startswith(f"p.csv: {len(paths)} images, ")
    text = (commands.folder / "p.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["path"] for row in rows] == list(paths)
    pairs = Counter((paths[row["path"]], row["class"]) for row in rows)
    flags = [f"--log_dir={run}", "--finetune_iter=0", "--json=numbers"]
    commands.called("evaluate", *flags)
    counts = json.loads((commands.folder / "numbers").read_text())
    assert counts["confusion_matrix"] == [
        [pairs[true, guessed] for guessed in names] for true in names
    ]


def test_a_folder_is_predicted_at_any_depth(run, commands):
    shapes = run.parent / "shapes"
    flags = (f"--log_dir={run}", f"--images={shapes}", "--out=-")
    rows = commands.called("predict", *flags).out.splitlines()
    found = sorted(map(str, shapes.rglob("*.png")))
    assert [row.rsplit(",", 2)[0] for row in rows[1:]] == found
    assert len(found) == 300


def test_forms_of_a_picture_that_are_read_alike(run, commands):
    """A grey picture in a file of colours is grey; hidden files are not."""
    file = run.parent / "shapes" / "bar" / "000.png"
    own = commands.folder / "own"
    (own / ".hidden").mkdir(parents=True)
    with Image.open(file) as picture:
        picture.save(own / "grey.png")
        picture.convert("RGB").save(own / "rgb.PNG")
        picture.save(own / ".hidden" / "x.png")
    (own / "notes.txt").write_text("no image")
    flags = (f"--log_dir={run}", "--images=own", "--out=-", "--probabilities")
    _, *rows = commands.called("predict", *flags).out.splitlines()
    grey, rgb = (row.split(",") for row in rows)
    assert [grey[0], rgb[0]] == ["own/grey.png", "own/rgb.PNG"]
    assert grey[1:] == rgb[1:]
    pixels = np.asarray(Image.open(file))[np.newaxis]
    np.save(commands.folder / "one.npy", pixels)
    flags = (flags[0], "--images=one.npy", *flags[2:])
    _, row = commands.called("predict", *flags).out.splitlines()
    assert row.split(",")[1:] == grey[1:]


def test_a_moved_folder_is_found_again(run, commands):
    """As `data_identity_test.py` says of arrays and the other commands."""
    shapes = (run.parent / "shapes").rename(run.parent / "moved")
    try:
        flags = (f"--log_dir={run}", "--finetune_iter=0")
        wrong = f"--images_dir={run.parent}/shapes cannot be read (No such file"
        assert wrong in commands.refused("evaluate", *flags)
        commands.called("evaluate", *flags, f"--images_dir={shapes}")
        again = [*FLAGS, f"--images_dir={shapes}", f"--log_dir={run}"]
        said = commands.called("train", *again)
        assert "nothing was trained" in said.out
    finally:
        shapes.rename(run.parent / "shapes")
