import json
import os

import numpy as np
import pytest

from xvat_tf.data import Split
from xvat_tf.errors import UserError
from xvat_tf.files import write_json
from xvat_tf.records import RunFolder, default_path
from xvat_tf.settings import differences, resolve


def split(*labeled):
    return Split(np.array(labeled), np.array([], int), np.arange(9))


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def started(folder, **given):
    settings = resolve({"dataset": "digits", **given})
    folder.open(settings)
    folder.record_start(settings, split(3, 1))
    return settings


def test_settings_and_split_are_recorded(folder):
    settings = started(folder, method="xvat")
    assert folder.read_settings() == settings
    record = json.loads(folder.settings_file.read_text())
    assert record["split_sha256"] == split(3, 1).sha256
    assert record["versions"]["numpy"] == np.__version__
    np.testing.assert_array_equal(np.load(folder.split_file)["labeled"], [3, 1])


def test_the_same_run_may_move_and_change_device(folder):
    started(folder, seed=4)
    folder.open(resolve({"dataset": "digits", "seed": 4, "device": "/cpu:0"}))


def test_other_settings_are_refused_and_shown(folder):
    started(folder, seed=4, method="vat")
    other = resolve({"dataset": "digits", "seed": 5, "method": "vat"})
    with pytest.raises(UserError, match=r"\(seed: 4 -> 5\)"):
        folder.open(other)


def test_another_split_is_refused(folder):
    settings = started(folder)
    with pytest.raises(UserError, match="the data set has changed"):
        folder.record_start(settings, split(3, 2))


@pytest.mark.parametrize("name", ["thesis.txt", "train/cat.png"])
def test_foreign_files_are_left_alone(folder, name):
    file = folder.path / name
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        folder.open(resolve({"dataset": "digits"}))
    assert file.read_text() == "mine"


def test_a_started_run_is_not_discarded(folder):
    started(folder)
    folder.discard_if_empty()
    assert folder.settings_file.exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json"])
def test_damaged_settings_are_named(folder, text):
    started(folder)
    folder.settings_file.write_text(text)
    with pytest.raises(UserError, match=r"settings\.json is damaged"):
        folder.read_settings()


def test_settings_of_another_version_are_named(folder):
    started(folder)
    record = json.loads(folder.settings_file.read_text())
    record["settings"]["sharpness"] = record["settings"].pop("xi")
    folder.settings_file.write_text(json.dumps(record))
    with pytest.raises(UserError, match="it has sharpness, unknown here"):
        folder.read_settings()


def test_a_place_that_an_older_version_did_not_know_has_its_default(folder):
    settings = started(folder)
    record = json.loads(folder.settings_file.read_text())
    del record["settings"]["panel_freq"]
    folder.settings_file.write_text(json.dumps(record))
    assert differences(folder.read_settings(), settings) == []
    folder.open(settings)


def test_default_folder_follows_from_the_settings():
    one, same, other = (
        default_path(resolve({"dataset": "digits", **given}))
        for given in ({}, {"device": "/cpu:0"}, {"seed": 2})
    )
    assert one == same
    assert one != other
    assert one.parts[0] == "runs"
    assert one.name.startswith("digits-vat-")


def test_json_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "results.json"
    write_json(path, {"steps": 1})
    with pytest.raises(TypeError):
        write_json(path, {"steps": object()})
    assert json.loads(path.read_text()) == {"steps": 1}


@pytest.mark.parametrize("names", [[], ["train", "split.npz"], ["lock"]])
def test_a_run_killed_while_it_began_begins_again(folder, names):
    folder.path.mkdir()
    for name in names:
        path = folder.path / name
        path.touch() if "." in name or name == "lock" else path.mkdir()
    started(folder, seed=4)
    assert folder.read_settings().train.seed == 4


def test_a_link_in_the_place_of_a_split_is_not_followed(folder, tmp_path):
    """A folder that looks begun may be somebody's."""
    folder.path.mkdir()
    (tmp_path / "mine").write_text("mine")
    folder.split_file.symlink_to(tmp_path / "mine")
    started(folder)
    assert (tmp_path / "mine").read_text() == "mine"
    assert not folder.split_file.is_symlink()


def test_a_path_that_json_does_not_take_stays_relative(tmp_path, monkeypatch):
    home = tmp_path / os.fsdecode(b"\xff")
    home.mkdir()
    monkeypatch.chdir(home)
    folder = RunFolder("run")
    given = {"dataset": "arrays", "arrays_file": "mine.npz"}
    settings = resolve(given)
    folder.open(settings)
    folder.record_start(settings, split(3, 1))
    assert folder.read_settings() == settings
