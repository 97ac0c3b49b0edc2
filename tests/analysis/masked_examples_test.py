"""Images, labels and rows of a table belong together."""

import json

import numpy as np
import pytest

from xvat_tf.analysis.claims import auditing
from xvat_tf.analysis.runs import Run
from xvat_tf.analysis.states import Networks
from xvat_tf.data import load_source
from xvat_tf.records import RunFolder
from xvat_tf.settings import resolve


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A run that says nothing of its data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    record = {"settings": {}, "split_sha256": "", "versions": {}}
    (tmp_path / "run" / "settings.json").write_text(json.dumps(record))


def networks(**given):
    values = {"dataset": "digits", "method": "xvat", "hidden_sizes": (4,)}
    return Networks(Run(RunFolder("run"), resolve(values | given)))


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({}, "unlabeled"),
        ({"validation": True}, "unlabeled"),
        ({"method": "xat"}, "labeled"),
        ({"supervised": True}, "labeled"),
    ],
)
def test_a_table_masks_the_images_of_its_rows(given, part):
    found = networks(mask_model="transductive", **given)
    source = load_source(found.run.settings.data)
    positions = getattr(found.data.split, part)
    for count in (7, 10_000):
        examples = auditing.choose(found, count)
        assert examples.origin == "training"
        assert len(examples.rows) == min(count, len(positions))
        at = positions[examples.rows]
        images = found.data.scaler(source.train_images[at])
        np.testing.assert_array_equal(examples.images, images)
        np.testing.assert_array_equal(examples.labels, source.train_labels[at])


def test_rows_without_a_label_are_left_out():
    """The unlabeled points of moons are its test points."""
    found = networks(dataset="moons", mask_model="transductive")
    examples = auditing.choose(found, 100)
    positions = found.data.split.unlabeled[examples.rows]
    assert sorted(positions) == list(range(16))
    order = np.argsort(positions)
    labels = load_source(found.run.settings.data).train_labels
    np.testing.assert_array_equal(examples.labels[order], labels)


@pytest.mark.parametrize("validation", [False, True])
def test_a_generator_masks_evaluated_images(validation):
    found = networks(validation=validation)
    data = found.data
    examples = auditing.choose(found, 3)
    last = len(data.test_images) - 1
    assert examples.origin == ("validation" if validation else "test")
    chosen = [0, round(last / 2), last]
    np.testing.assert_array_equal(examples.images, data.test_images[chosen])
    np.testing.assert_array_equal(examples.labels, data.test_labels[chosen])


def test_masks_are_the_same_every_time_and_in_every_batch():
    found = networks(dataset="moons")
    examples = auditing.choose(found, 600)
    one, again = (auditing.masks(found, examples) for _ in range(2))
    assert list(one) == ["sampled", "noise_free"]
    for kind, mask in one.items():
        assert mask.shape == examples.images.shape
        np.testing.assert_array_equal(mask, again[kind])
    sampled = one["sampled"]
    assert not np.array_equal(sampled[:100], sampled[500:])
    assert 0 < np.mean(sampled == 0) < np.mean(sampled < 1) < 1
