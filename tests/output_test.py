"""The file of `--json`: the user's path."""

import json
import os
import stat
import threading

import pytest

from xvat_tf.command_line.output import Output
from xvat_tf.errors import UserError

NUMBERS = {"accuracy": 0.5}


def write(path, content=NUMBERS):
    with Output(str(path), "json") as numbers:
        numbers.write_json(content)


def test_a_file_keeps_its_mode_and_loses_its_content(tmp_path):
    path = tmp_path / "numbers.json"
    path.write_text("x" * 1000)
    path.chmod(0o640)
    write(path)
    assert json.loads(path.read_text()) == NUMBERS
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["numbers.json"]


def test_a_link_is_followed_and_neighbours_stay(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "real" / "n.json")
    (tmp_path / "link.json.tmp").write_text("mine")
    write(tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real" / "n.json").read_text()) == NUMBERS
    assert (tmp_path / "link.json.tmp").read_text() == "mine"


def test_a_device_is_written_to(capsys):
    write("/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(UserError, match="--json=/dev/full cannot be written"):
        write("/dev/full")
    # The numbers of a long computation are not lost.
    assert json.loads(capsys.readouterr().out) == NUMBERS


def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(
        target=lambda: read.append((tmp_path / "pipe").read_text())
    )
    reader.start()
    write(tmp_path / "pipe")
    reader.join()
    assert json.loads(read[0]) == NUMBERS


@pytest.mark.parametrize("place", ["none/n.json", "."])
def test_an_impossible_place_is_refused_at_once(tmp_path, place):
    with pytest.raises(UserError, match="cannot be written"):
        Output(str(tmp_path / place), "json")


def test_no_place_is_given_or_an_empty_one(capsys):
    with Output(None, "json") as numbers:
        numbers.write_json(NUMBERS)
    assert capsys.readouterr().out == ""
    # What was computed for nobody would be lost.
    with pytest.raises(UserError, match="--out= cannot be written"):
        Output("")


@pytest.mark.parametrize(
    "own", ["metrics.jsonl", "settings.json", "lock", "checkpoints/step-1.npz"]
)
def test_files_of_a_run_folder_are_refused(tmp_path, own):
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / own).write_text("kept")
    (tmp_path / "settings.json").write_text("{}")
    link = tmp_path / "figures.json"
    link.symlink_to(tmp_path / own)
    for path in (tmp_path / own, link):
        with pytest.raises(UserError, match="is a run folder's own"):
            Output(str(path), "json")
    write(tmp_path / "mine.json")


def test_a_failed_computation_leaves_nothing_new(tmp_path):
    (tmp_path / "old.json").write_text("old")
    for name in ("old.json", "new.json"):
        with pytest.raises(RuntimeError), Output(str(tmp_path / name), "json"):
            raise RuntimeError
    assert os.listdir(tmp_path) == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "old"


def test_a_dash_prints(capsys):
    write("-")
    assert json.loads(capsys.readouterr().out) == NUMBERS
