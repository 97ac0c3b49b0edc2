import os
import shutil
import urllib.error

import numpy as np
import pytest

from xvat_tf.data import prepared_sets
from xvat_tf.data.prepared_sets import load_prepared_set
from xvat_tf.errors import UserError


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
    source = load_prepared_set("mnist", str(prepared_sets))
    assert source.train_images.shape == (60000, 28, 28, 1)
    assert source.test_images.shape == (10000, 28, 28, 1)
    assert source.train_images.dtype == np.uint8
    assert source.train_labels.dtype == np.int32
    first = [4, 1, 0, 7, 8, 1, 2, 7, 1, 6]
    assert source.train_labels[:10].tolist() == first
    assert source.num_classes == 10


def test_svhn_and_cifar100_are_read(prepared_sets, offline, monkeypatch):
    monkeypatch.setenv("HOME", str(prepared_sets.parent))
    svhn = load_prepared_set("svhn", "~/prepared")
    assert svhn.train_images.shape[1:] == (32, 32, 3)
    assert svhn.num_classes == 10
    cifar100 = load_prepared_set("cifar100", str(prepared_sets))
    assert cifar100.train_images.shape[1:] == (32, 32, 3)
    assert np.unique(cifar100.train_labels).tolist() == list(range(100))


def test_images_with_ids_are_in_their_order(prepared_sets):
    import tensorflow_datasets as tfds

    source = load_prepared_set("svhn", str(prepared_sets))
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
        load_prepared_set(dataset, str(tmp_path))
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
        load_prepared_set("mnist", str(tmp_path))


@pytest.mark.parametrize("kept", [0.3, 0.999])
def test_cut_records_are_noticed(prepared_sets, offline, kept):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (records,) = folder.glob("*/*-train.*")
    content = records.read_bytes()
    records.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(UserError, match="svhn_cropped in .* is damaged"):
        load_prepared_set("svhn", str(prepared_sets))


def test_records_that_end_early_are_noticed(prepared_sets, offline):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (records,) = folder.glob("*/*-train.*")
    length = int.from_bytes(records.read_bytes()[:8], "little")
    # A record is its length, a checksum, the content, a checksum.
    records.write_bytes(records.read_bytes()[: length + 16])
    with pytest.raises(UserError, match=r"damaged \(F.*: Input .* 4000"):
        load_prepared_set("svhn", str(prepared_sets))


def test_absent_records_are_noticed(prepared_sets, offline):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (records,) = folder.glob("*/*-test.*")
    records.unlink()
    with pytest.raises(UserError, match="svhn_cropped in .* is damaged"):
        load_prepared_set("svhn", str(prepared_sets))


def test_damaged_description_is_noticed(prepared_sets, offline):
    folder = _own_copy(prepared_sets, "svhn_cropped")
    (info,) = folder.glob("*/dataset_info.json")
    info.write_text(info.read_text()[:100])
    with pytest.raises(UserError, match="svhn_cropped"):
        load_prepared_set("svhn", str(prepared_sets))
