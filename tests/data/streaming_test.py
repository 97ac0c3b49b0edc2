"""`--streaming`: the same batches as from memory, of which images."""

import collections
import dataclasses
import itertools
import os

import numpy as np
import pytest
import tensorflow as tf

from tests import folder_of_images
from xvat_tf.data import prepare, streams, write_images
from xvat_tf.data.reading_ahead import faults_told
from xvat_tf.data.streams import training_stream
from xvat_tf.errors import UserError
from xvat_tf.settings import resolve
from xvat_tf.training import prepare_data

_SIZES = {"batch_size": 4, "ul_batch_size": 24, "seed": 3}


def _pair(dataset, tmp_path, dtype="float32", **given):
    """The data of a run, in memory and streamed."""
    given = {"dataset": dataset, "data_dir": str(tmp_path), **given}
    streamed = resolve({**given, "streaming": True}).data
    arrays = dataclasses.replace(streamed, streaming=False, stream_dir="")
    return prepare(arrays, dtype), prepare(streamed, dtype)


def _batches(data, count, **options):
    stream = training_stream(data, **_SIZES | options)
    return list(itertools.islice(stream.as_numpy_iterator(), count))


@pytest.mark.parametrize(
    ("dataset", "dtype", "given"),
    [
        ("digits", "float32", {}),
        ("digits", "float64", {"validation": True, "pixel_range": "unit"}),
        ("digits", "float32", {"num_unlabeled_examples": 90}),
        ("moons", "float32", {}),
    ],
)
def test_the_data_are_the_same(tmp_path, dataset, dtype, given):
    arrays, streamed = _pair(dataset, tmp_path, dtype, **given)
    for name in ("labeled_images", "labeled_labels", "test_images"):
        expected = getattr(arrays, name)
        np.testing.assert_array_equal(getattr(streamed, name), expected)
    images, expected = streamed.unlabeled_images, arrays.unlabeled_images
    assert len(images) == len(expected) and images.shape == expected.shape
    for places in (slice(None), np.array([9, 3]), [5]):
        np.testing.assert_array_equal(images[places], expected[places])
    assert images[:2].dtype == dtype
    assert streamed.split.sha256 == arrays.split.sha256


def test_slices_join_to_the_batch_from_memory(tmp_path, monkeypatch):
    """From the second pass on; no slice reads a row of the other."""
    arrays, streamed = _pair("digits", tmp_path)
    read, places = os.preadv, set()

    def recorded(file, buffers, place):
        places.add(place)
        return read(file, buffers, place)

    monkeypatch.setattr(os, "preadv", recorded)
    options = {"strata": 2, "start_step": 60, "aug_trans": True}
    slices = []
    for k in range(2):
        slices.append(_batches(streamed, 3, part=(k, 2), **options))
        start = streamed.unlabeled_images.file.start
        rows = {(place - start) // 64 for place in places}
        assert len(rows) >= 36 and {row % 2 for row in rows} == {k}
        places.clear()
    joined = [
        {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
        for parts in zip(*slices, strict=True)
    ]
    np.testing.assert_equal(joined, _batches(arrays, 3, **options))


def test_splits_and_scalings_share_a_file(tmp_path):
    for given in ({}, {"pixel_range": "unit"}, {"validation": True}):
        _pair("digits", tmp_path, **given)
    assert len(list((tmp_path / "xvat_tf_images").iterdir())) == 1


def test_damage_while_reading_is_named(tmp_path):
    _, streamed = _pair("digits", tmp_path)
    images = streamed.unlabeled_images
    stream = iter(training_stream(streamed, **_SIZES))
    next(stream)
    streams._wait_for_reads()  # As before Python ends.
    assert not streams._running
    os.truncate(images.file.path, 1000)
    with (
        pytest.raises(UserError, match="images.npy cannot be used"),
        faults_told(),
    ):
        collections.deque(stream, 0)
    with pytest.raises(tf.errors.DataLossError), faults_told():
        raise tf.errors.DataLossError(None, None, "of something else")


def _own(tmp_path, **changes):
    images = np.random.RandomState(0).rand(30, 4, 4).astype(np.float32)
    labels = np.arange(30) % 3
    arrays = {"x_train": images, "x_test": images[:6], "y_train": labels}
    arrays |= {"y_test": labels[:6]} | changes
    np.savez(tmp_path / "mine.npz", **arrays)
    return images


def _own_flags(tmp_path):
    return {
        "arrays_file": str(tmp_path / "mine.npz"),
        "stream_dir": str(tmp_path / "own"),
    }


def test_a_file_of_the_user_replaces_the_list(tmp_path, capsys):
    images = _own(tmp_path)
    more = np.concatenate([images, images[::-1]])
    (tmp_path / "own").mkdir()
    np.save(tmp_path / "own" / "images.npy", more)
    arrays, streamed = _pair("arrays", tmp_path, **_own_flags(tmp_path))
    np.testing.assert_array_equal(streamed.split.unlabeled, np.arange(60))
    np.testing.assert_array_equal(streamed.unlabeled_images[:][..., 0], more)
    assert streamed.split.sha256 != arrays.split.sha256
    assert "another scale" not in capsys.readouterr().err
    # A changed file is another split, which a run refuses.
    np.save(tmp_path / "own" / "images.npy", 255 * more)
    _, changed = _pair("arrays", tmp_path, **_own_flags(tmp_path))
    assert changed.split.sha256 != streamed.split.sha256
    assert "images.npy is on another scale than the" in capsys.readouterr().err


def test_a_file_of_the_same_images_changes_nothing(tmp_path):
    """Also where it was written by a run before, and some are held out."""
    write_images(_own(tmp_path), tmp_path / "own")
    given = {"validation": True, "num_valid_examples": 6}
    arrays, streamed = _pair(
        "arrays", tmp_path, **_own_flags(tmp_path), **given
    )
    assert streamed.split.sha256 == arrays.split.sha256
    np.testing.assert_array_equal(
        streamed.unlabeled_images[:], arrays.unlabeled_images
    )


def test_a_file_is_the_unlabeled_images_of_a_folder_without_any(tmp_path):
    images = folder_of_images.write(tmp_path / "images", 4, unlabeled=0)
    more = np.arange(5 * 16 * 16, dtype=np.uint8).reshape(5, 16, 16, 1)
    write_images(more, tmp_path / "own")
    given = {"images_dir": str(images), "stream_dir": str(tmp_path / "own")}
    _, streamed = _pair("folder", tmp_path, **given)
    assert len(streamed.labeled_images) == 9
    np.testing.assert_allclose(
        streamed.unlabeled_images[:], more / 255 - 0.5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("images", "changes", "words"),
    [
        (np.zeros((9, 4, 4), np.uint8), {}, r"\(4, 4, 1\) of uint8, than"),
        (np.zeros((9, 4, 5), np.float32), {}, r"\(4, 5, 1\) of float32"),
        (
            np.zeros((9, 4, 4), np.float32),
            {"x_unlabeled": np.ones((2, 4, 4), np.float32)},
            "than --dataset=arrays",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, images, changes, words):
    _own(tmp_path, **changes)
    write_images(images, tmp_path / "own")
    with pytest.raises(UserError, match=f"images.npy holds .*{words}"):
        _pair("arrays", tmp_path, **_own_flags(tmp_path))
    # Of the shape and type of the digits, which are not the user's.
    write_images(np.zeros((9, 8, 8), np.uint8), tmp_path / "8")
    with pytest.raises(UserError, match="other images, .* --dataset=digits"):
        _pair("digits", tmp_path, stream_dir=str(tmp_path / "8"))


@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e39])
def test_values_that_are_not_finite_are_named(tmp_path, value):
    """As another program may write them."""
    more = np.zeros((60, 4, 4))
    more[7, 1, 2] = value
    _own(tmp_path)
    (tmp_path / "own").mkdir()
    np.save(tmp_path / "own" / "images.npy", more)
    _, streamed = _pair("arrays", tmp_path, **_own_flags(tmp_path))
    assert not streamed.unlabeled_images[:7].any()
    with pytest.raises(UserError, match="image 7 has values that are NaN"):
        streamed.unlabeled_images[[6, 7]]


def test_tables_need_the_labeled_images_first(tmp_path):
    images = _own(tmp_path)
    more = np.concatenate([images, images])
    given = {"network": "mlp", "method": "xvat", "streaming": True}
    given |= {"dataset": "arrays", "mask_model": "transductive"}
    given |= {"batch_size": 3, "ul_batch_size": 3, **_own_flags(tmp_path)}
    file = write_images(more, tmp_path / "own").path
    prepare_data(resolve(given))
    np.save(file, more[::-1])
    with pytest.raises(UserError, match="begins with the training images"):
        prepare_data(resolve(given))
