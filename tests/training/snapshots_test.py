"""Snapshots: when they are written, and that they read back whole."""

import types

import keras
import numpy as np
import pytest

from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.settings import TrainSettings
from xvat_tf.training.checkpoints import Snapshots
from xvat_tf.training.weights import (
    read_newest,
    read_snapshot,
    snapshot_files,
    step_of,
)

# More than ten variables: their order must not be that of text.
_LAYERS = 6


def network(inputs=3):
    layers = [keras.layers.Dense(2) for _ in range(_LAYERS)]
    return keras.Sequential([keras.Input((inputs,)), *layers])


def trained(folder, step=0, generator=None, **given):
    """Plays the callbacks of `fit` over the epochs."""
    settings = TrainSettings(num_iter_per_epoch=2, **given)
    callback = Snapshots(folder, settings, step)
    parts = {"classifier": network(), "generator": generator, "average": None}
    model = types.SimpleNamespace(
        steps_done=step,
        **parts,
        state=lambda *names: {
            name: getattr(parts[name], "variables", []) for name in names
        },
    )
    callback.set_model(model)
    callback.on_train_begin()
    for epoch in range(step // 2, settings.num_epochs):
        model.steps_done += 2
        callback.on_epoch_end(epoch)
    return model


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def steps(folder):
    return [step_of(path) for path in snapshot_files(folder)]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [(0, []), (1, [0, 2, 4, 6, 8, 10]), (2, [0, 4, 8, 10]), (9, [0, 10])],
)
def test_start_interval_and_end(folder, interval, expected):
    trained(folder, num_epochs=5, snapshot_epochs=interval)
    assert steps(folder) == expected
    assert folder.snapshots.exists() == bool(expected)


def test_a_continued_run_takes_its_later_snapshots_again(folder):
    trained(folder, num_epochs=5, snapshot_epochs=1)
    first = {path: path.stat().st_mtime_ns for path in snapshot_files(folder)}
    trained(folder, step=6, num_epochs=5, snapshot_epochs=1)
    assert steps(folder) == [0, 2, 4, 6, 8, 10]
    kept = [
        step_of(path)
        for path, time in first.items()
        if path.stat().st_mtime_ns == time
    ]
    assert kept == [0, 2, 4, 6]


def test_a_stop_within_an_epoch_is_no_snapshot(folder):
    callback = Snapshots(folder, TrainSettings(snapshot_epochs=1), 1)
    callback.set_model(types.SimpleNamespace(steps_done=2))
    callback.on_epoch_end(0)
    assert steps(folder) == []


def test_weights_read_back_into_other_networks(folder):
    generator = keras.layers.Dense(3)
    generator.build((None, 3))
    model = trained(
        folder, generator=generator, num_epochs=1, snapshot_epochs=1
    )
    weights = read_snapshot(snapshot_files(folder)[-1])
    assert weights.step == 2
    other, other_generator = network(), keras.layers.Dense(3)
    other_generator.build((None, 3))
    weights.put_into(other, other_generator)
    for ours, theirs in (
        (model.classifier, other),
        (generator, other_generator),
    ):
        for one, two in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_array_equal(one.numpy(), two.numpy())
    with pytest.raises(UserError, match="belongs to another network"):
        weights.put_into(network(inputs=4), other_generator)


def test_without_a_checkpoint_the_newest_snapshot_is_read(folder):
    trained(folder, num_epochs=2, snapshot_epochs=1)
    assert read_newest(folder).step == 4


def test_nothing_to_read(folder):
    with pytest.raises(UserError, match="has no checkpoint yet"):
        read_newest(folder)


def test_damaged_snapshot(folder):
    trained(folder, num_epochs=1, snapshot_epochs=1)
    path = snapshot_files(folder)[0]
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(UserError, match="step-0.npz cannot be read"):
        read_snapshot(path)


def test_folder_that_cannot_be_written(folder):
    folder.snapshots.write_text("a file")
    with pytest.raises(UserError, match=r"step-0.npz cannot be written"):
        trained(folder, num_epochs=1, snapshot_epochs=1)
