"""`--streaming` as a user runs it: train, stop, continue, damage."""

import signal

import numpy as np
import pytest

from xvat_tf import train
from xvat_tf.settings import resolve

_FLAGS = (
    "--dataset=digits",
    "--method=xvat",
    "--mask_model=transductive",
    "--hidden_sizes=16",
    "--batch_size=10",
    "--ul_batch_size=20",
    "--num_epochs=2",
    "--num_iter_per_epoch=70",
    "--eval_freq=1",
    "--panel_freq=1",
    "--checkpoint_steps=10",
    "--aug_trans",
    "--streaming",
    "--shuffle_buffer=150",
    "--data_dir=sets",
)


@pytest.fixture(scope="module")
def whole(commands_in, tmp_path_factory):
    """Commands in a folder with a finished run, `whole`."""
    commands = commands_in(tmp_path_factory.mktemp("streamed"))
    ended = commands.train(*_FLAGS, "--log_dir=whole")
    assert ended.status == 0, ended.err
    return commands


def _arrays(folder):
    with np.load(folder / "checkpoints" / "step-140.npz") as file:
        names = [n for n in file.files if n not in ("progress", "sha256")]
        return {name: file[name] for name in names}


def test_stopped_and_continued_has_the_same_bits(whole):
    folder = whole.folder
    process = whole.start("train", *_FLAGS, "--log_dir=parts")
    process.wait_until(
        (folder / "parts" / "checkpoints" / "step-20.npz").exists
    )
    process.send(signal.SIGTERM)
    status = process.end().status
    assert status in (143, 0)
    if status:  # A quick machine may have come to the end.
        ended = whole.train(*_FLAGS, "--log_dir=parts")
        assert "continuing after step" in ended.out
    one, other = _arrays(folder / "whole"), _arrays(folder / "parts")
    assert one.keys() == other.keys() and len(one) > 10
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], name)


def test_evaluation_needs_no_shards(whole):
    ended = whole.evaluate("--log_dir=whole", "--data_dir=elsewhere")
    assert ended.status == 0, ended.err
    assert not (whole.folder / "elsewhere").exists()


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--nostreaming", "streaming: True -> False"),
        ("--shuffle_buffer=151", "shuffle_buffer: 150 -> 151"),
    ],
)
def test_the_order_belongs_to_the_run(whole, flag, text):
    line = whole.refused("train", *_FLAGS, flag, "--log_dir=whole")
    assert text in line


def test_damage_while_training(whole):
    """One line; the last checkpoint stays, and the repaired run goes on."""
    # Of the last files of the first pass: some steps come before it.
    (shard,) = (whole.folder / "sets").rglob("images-00008-of-*")
    content = shard.read_bytes()
    shard.write_bytes(content[:200] + b"x" + content[201:])
    line = whole.refused("train", *_FLAGS, "--log_dir=damaged")
    assert f"{shard.name} is damaged (corrupted record" in line
    assert list((whole.folder / "damaged" / "checkpoints").iterdir())
    shard.write_bytes(content)
    ended = whole.train(*_FLAGS, "--log_dir=damaged")
    assert ended.status == 0 and "continuing after step" in ended.out


def test_no_room_for_shards(commands):
    line = commands.train(*_FLAGS, limit=1).error()
    assert line.startswith("shards cannot be written to sets/xvat_tf_shards/")
    assert not (commands.folder / "runs").exists() or not list(
        (commands.folder / "runs").iterdir()
    )


def test_an_empty_folder_is_announced(tmp_path):
    given = {"dataset": "digits", "streaming": True}
    data = resolve({**given, "stream_dir": str(tmp_path)}).data
    assert "holds no shards" in train._streaming_notes(data)[0]
    (tmp_path / "manifest.json").write_text("{}")
    assert train._streaming_notes(data) == []
    assert train._streaming_notes(resolve(given).data) == []
