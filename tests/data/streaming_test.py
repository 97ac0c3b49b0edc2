"""`--streaming`: which shards a run reads, and that they are its images."""

import dataclasses
import itertools

import numpy as np
import pytest

from tests import folder_of_images
from xvat_tf.data import prepare, write_shards
from xvat_tf.data.sources import load_source
from xvat_tf.data.streams import training_stream
from xvat_tf.errors import UserError
from xvat_tf.settings import resolve


def _pair(dataset, tmp_path, **given):
    """The data of a run, in memory and streamed."""
    given = {"dataset": dataset, "data_dir": str(tmp_path), **given}
    streamed = resolve({**given, "streaming": True}).data
    arrays = dataclasses.replace(streamed, streaming=False, stream_dir="")
    return prepare(arrays), prepare(streamed)


@pytest.mark.parametrize(
    ("dataset", "given"),
    [
        ("digits", {}),
        ("digits", {"validation": True, "pixel_range": "unit"}),
        ("moons", {}),
    ],
)
def test_all_but_the_unlabeled_images_are_arrays(tmp_path, dataset, given):
    arrays, streamed = _pair(dataset, tmp_path, **given)
    for name in ("labeled_images", "labeled_labels", "test_images"):
        expected = getattr(arrays, name)
        np.testing.assert_array_equal(getattr(streamed, name), expected)
    assert streamed.image_shape == arrays.image_shape
    np.testing.assert_array_equal(
        streamed.unlabeled_images[:], arrays.unlabeled_images
    )
    lists = (streamed.split.unlabeled, arrays.split.unlabeled)
    np.testing.assert_array_equal(*lists)
    assert streamed.split.sha256 != arrays.split.sha256


def test_training_stream_joins_labels_and_records(tmp_path):
    arrays, streamed = _pair("digits", tmp_path)
    options = {"batch_size": 50, "ul_batch_size": 129, "seed": 3}
    plain, read = (
        list(
            itertools.islice(
                training_stream(data, **options).as_numpy_iterator(), 10
            )
        )
        for data in (arrays, streamed)
    )
    for one, other in zip(plain, read, strict=True):
        assert one.keys() == other.keys()
        for key in ("images", "labels", "indices"):
            np.testing.assert_array_equal(one[key], other[key])
        assert other["unlabeled_images"].dtype == np.float32
        np.testing.assert_array_equal(
            other["unlabeled_images"],
            arrays.unlabeled_images[other["unlabeled_indices"]],
        )
    # 1297 images, 129 a batch: ten batches are a pass but for 7 images.
    seen = np.concatenate([batch["unlabeled_indices"] for batch in read])
    assert len(set(seen)) == 1290


def test_scaling_shares_a_folder_and_other_images_have_another(tmp_path):
    for given in ({}, {"pixel_range": "unit"}, {"validation": True}):
        _pair("digits", tmp_path, **given)
    assert len(list((tmp_path / "xvat_tf_shards").iterdir())) == 2


def test_shards_of_other_images_are_refused(tmp_path):
    digits = load_source(resolve({"dataset": "digits"}).data).train_images
    folder = str(tmp_path / "shards")
    given = {"dataset": "digits", "streaming": True, "stream_dir": folder}
    write_shards(digits[::-1], folder, 2)
    with pytest.raises(UserError, match="holds other images .1297 of"):
        prepare(resolve(given).data)


def _own(tmp_path, **changes):
    images = np.random.RandomState(0).rand(30, 4, 4).astype(np.float32)
    labels = np.arange(30) % 3
    arrays = {"x_train": images, "x_test": images[:6], "y_train": labels}
    arrays |= {"y_test": labels[:6]} | changes
    np.savez(tmp_path / "mine.npz", **arrays)
    return images


def test_shards_of_the_user_replace_the_list(tmp_path):
    images = _own(tmp_path)
    more = np.concatenate([images, images[::-1]])
    write_shards(more, tmp_path / "shards", 4)
    given = {
        "arrays_file": str(tmp_path / "mine.npz"),
        "stream_dir": str(tmp_path / "shards"),
    }
    _, streamed = _pair("arrays", tmp_path, **given)
    assert len(streamed.unlabeled_images) == 60
    np.testing.assert_array_equal(streamed.split.unlabeled, np.arange(60))
    found = streamed.unlabeled_images[:][..., 0]
    np.testing.assert_array_equal(found, more)


def test_shards_are_the_unlabeled_images_of_a_folder_without_any(tmp_path):
    images = folder_of_images.write(tmp_path / "images", 4, unlabeled=0)
    more = np.arange(5 * 16 * 16, dtype=np.uint8).reshape(5, 16, 16, 1)
    write_shards(more, tmp_path / "shards", 2)
    given = {"images_dir": str(images), "stream_dir": str(tmp_path / "shards")}
    _, streamed = _pair("folder", tmp_path, **given)
    assert len(streamed.labeled_images) == 9
    np.testing.assert_allclose(
        streamed.unlabeled_images[:], more / 255 - 0.5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("shards", "changes", "words"),
    [
        (np.zeros((9, 4, 4), np.uint8), {}, r"\(4, 4, 1\) of uint8, labeled"),
        (np.zeros((9, 4, 5), np.float32), {}, r"\(4, 5, 1\) of float32"),
        (
            np.zeros((9, 4, 4), np.float32),
            {"x_unlabeled": np.ones((2, 4, 4), np.float32)},
            r"holds other images \(9 of .*\(32 of",
        ),
    ],
)
def test_shards_that_do_not_fit_the_file(tmp_path, shards, changes, words):
    _own(tmp_path, **changes)
    write_shards(shards, tmp_path / "shards", 2)
    given = {
        "dataset": "arrays",
        "arrays_file": str(tmp_path / "mine.npz"),
        "streaming": True,
        "stream_dir": str(tmp_path / "shards"),
    }
    with pytest.raises(UserError, match=words) as caught:
        prepare(resolve(given).data)
    assert str(caught.value).startswith(f"--stream_dir={tmp_path}/shards")


def test_tables_need_the_labeled_images_first(tmp_path):
    from xvat_tf.training import prepare_data

    images = _own(tmp_path)
    given = {
        "dataset": "arrays",
        "network": "mlp",
        "method": "xvat",
        "mask_model": "transductive",
        "arrays_file": str(tmp_path / "mine.npz"),
        "streaming": True,
        "batch_size": 3,
        "ul_batch_size": 3,
    }
    for name, order in (("good", images), ("bad", images[::-1])):
        write_shards(order, tmp_path / name, 4)
    prepare_data(resolve({**given, "stream_dir": str(tmp_path / "good")}))
    with pytest.raises(UserError, match="begin with the training images"):
        prepare_data(resolve({**given, "stream_dir": str(tmp_path / "bad")}))
