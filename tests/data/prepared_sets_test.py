import os
import shutil
import urllib.error

import numpy as np
import pytest

from xvat_tf.data import prepared_sets
from xvat_tf.data.prepared_sets import load_any_set, load_prepared_set
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings


@pytest.fixture
def offline(monkeypatch):
    """A machine whose network does not answer."""

    def refuse(request, timeout):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(prepared_sets.urllib.request, "urlopen", refuse)


def _own_copy(prepared_sets_dir, name):
    """Replaces the link to a data set by files that may be damaged."""
    link = prepared_sets_dir / name
    target = os.path.realpath(link)
    link.unlink()
    shutil.copytree(target, link)
    for path in link.rglob("*"):
        path.chmod(0o755)
    return link


def test_mnist_in_stored_order(prepared_sets, offline):
    source = load_prepared_set(DataSettings("mnist", str(prepared_sets)))
    assert source.train_images.shape == (60000, 28, 28, 1)
    assert source.test_images.shape == (10000, 28, 28, 1)
    assert source.train_images.dtype == np.uint8
    assert source.train_labels.dtype == np.int32
    first = [4, 1, 0, 7, 8, 1, 2, 7, 1, 6]
    assert source.train_labels[:10].tolist() == first
    assert source.num_classes == 10


def test_svhn_and_cifar100_are_read(prepared_sets, offline, monkeypatch):
    monkeypatch.setenv("HOME", str(prepared_sets.parent))
    svhn = load_prepared_set(DataSettings("svhn", "~/prepared"))
    assert svhn.train_images.shape[1:] == (32, 32, 3)
    assert svhn.num_classes == 10
    cifar100 = load_prepared_set(DataSettings("cifar100", str(prepared_sets)))
    assert cifar100.train_images.shape[1:] == (32, 32, 3)
    assert np.unique(cifar100.train_labels).tolist() == list(range(100))


def test_images_with_ids_are_in_their_order(prepared_sets):
    import tensorflow_datasets as tfds

    source = load_prepared_set(DataSettings("svhn", str(prepared_sets)))
    stored = tfds.load("svhn_cropped", data_dir=prepared_sets, split="test")
    for example in tfds.as_numpy(stored.take(20)):
        place = int(example["id"].decode().rpartition("_")[2])
        np.testing.assert_array_equal(
            source.test_images[place], example["image"]
        )
        assert source.test_labels[place] == example["label"]


@pytest.mark.parametrize("dataset", ["mnist", "svhn", "cifar10", "cifar100"])
def test_unprepared_set_without_network_says_what_to_do(
    tmp_path, offline, dataset
):
    with pytest.raises(UserError) as caught:
        load_prepared_set(DataSettings(dataset, str(tmp_path)))
    text = str(caught.value)
    assert f"{dataset}" in text and str(tmp_path) in text
    assert "no network" in text and "download_and_prepare()" in text


def test_server_that_answers_at_all_is_tried(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    def answer(request, timeout):
        raise urllib.error.HTTPError(request.full_url, 403, "no", {}, None)

    def download(self, **options):
        raise ConnectionError("broke off\nin the middle")

    monkeypatch.setattr(prepared_sets.urllib.request, "urlopen", answer)
    monkeypatch.setattr(
        tfds.core.DatasetBuilder, "download_and_prepare", download
    )
    with pytest.raises(UserError, match=r"\(ConnectionError: broke off\)"):
        load_prepared_set(DataSettings("mnist", str(tmp_path)))


@pytest.mark.parametrize("kept", [0.3, 0.999])
def test_cut_records_are_noticed(prepared_sets, offline, kept):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (records,) = folder.glob("*/*-train.*")
    content = records.read_bytes()
    records.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(UserError, match="svhn_cropped in .* is damaged"):
        load_prepared_set(DataSettings("svhn", str(prepared_sets)))


def test_records_that_end_early_are_noticed(prepared_sets, offline):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (records,) = folder.glob("*/*-train.*")
    length = int.from_bytes(records.read_bytes()[:8], "little")
    # A record is its length, a checksum, the content, a checksum.
    records.write_bytes(records.read_bytes()[: length + 16])
    with pytest.raises(UserError, match=r"damaged \(F.*: Input .* 4000"):
        load_prepared_set(DataSettings("svhn", str(prepared_sets)))


def test_absent_records_are_noticed(prepared_sets, offline):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (records,) = folder.glob("*/*-test.*")
    records.unlink()
    with pytest.raises(UserError, match="svhn_cropped in .* is damaged"):
        load_prepared_set(DataSettings("svhn", str(prepared_sets)))


def test_damaged_description_is_noticed(prepared_sets, offline):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (info,) = folder.glob("*/dataset_info.json")
    info.write_text(info.read_text()[:100])
    with pytest.raises(UserError, match="svhn_cropped"):
        load_prepared_set(DataSettings("svhn", str(prepared_sets)))


@pytest.fixture
def shapes(tmp_path):
    """A folder with a prepared data set that has no entry here."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    features = tfds.features.FeaturesDict(
        {
            "pixels": tfds.features.Image(shape=(4, 5, 1)),
            "shape": tfds.features.ClassLabel(names=["square", "bar"]),
        }
    )

    def examples(count):
        numbers = np.arange(count, dtype=np.uint8)
        pixels = np.broadcast_to(numbers[:, None, None, None], (count, 4, 5, 1))
        return tf.data.Dataset.from_tensor_slices(
            {"pixels": pixels, "shape": numbers.astype(np.int64) % 2}
        )

    tfds.dataset_builders.store_as_tfds_dataset(
        name="two_shapes",
        version="1.0.0",
        features=features,
        split_datasets={"train": examples(6), "validation": examples(2)},
        data_dir=tmp_path,
    )
    return tmp_path


def test_any_set_is_what_its_info_says(shapes, offline):
    source = load_any_set(DataSettings("tfds:two_shapes", str(shapes)))
    assert source.train_images.shape == (6, 4, 5, 1)
    pixels = source.train_images[:, 0, 0, 0]
    assert sorted(pixels.tolist()) == list(range(6))
    assert source.train_labels.tolist() == (pixels % 2).tolist()
    assert source.test_images.shape == (2, 4, 5, 1)
    assert source.class_names == ("square", "bar")
    assert source.num_classes == 2


def test_a_set_of_another_kind_is_refused(shapes, offline, monkeypatch):
    import tensorflow_datasets as tfds

    monkeypatch.setattr(tfds.features.Image, "shape", (None, None, 1))
    with pytest.raises(UserError, match="tfds:two_shapes has no images of one"):
        load_any_set(DataSettings("tfds:two_shapes", str(shapes)))
