import urllib.error

import numpy as np
import pytest

from xvat_tf.data import tfds_builder
from xvat_tf.data.prepared_sets import load_prepared_set, measure_prepared_set
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings
from xvat_tf.settings.own_defaults import Extent


@pytest.fixture
def offline(monkeypatch):
    """A machine whose network does not answer."""

    def refuse(request, timeout):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(tfds_builder.urllib.request, "urlopen", refuse)


def test_mnist_in_stored_order(prepared_sets, offline, leave_to_full):
    leave_to_full(True)
    source = load_prepared_set(DataSettings("mnist", str(prepared_sets)))
    assert source.train_images.shape == (60000, 28, 28, 1)
    assert source.test_images.shape == (10000, 28, 28, 1)
    assert source.train_images.dtype == np.uint8
    assert source.train_labels.dtype == np.int32
    first = [4, 1, 0, 7, 8, 1, 2, 7, 1, 6]
    assert source.train_labels[:10].tolist() == first
    assert source.num_classes == 10


def test_images_with_ids_are_in_their_order(
    prepared_sets, offline, monkeypatch
):
    import tensorflow_datasets as tfds

    monkeypatch.setenv("HOME", str(prepared_sets.parent))
    source = load_prepared_set(DataSettings("svhn", "~/prepared"))
    assert source.train_images.shape[1:] == (32, 32, 3)
    assert source.num_classes == 10
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

    monkeypatch.setattr(tfds_builder.urllib.request, "urlopen", answer)
    monkeypatch.setattr(
        tfds.core.DatasetBuilder, "download_and_prepare", download
    )
    with pytest.raises(UserError, match=r"\(ConnectionError: broke off\)"):
        load_prepared_set(DataSettings("mnist", str(tmp_path)))


def _store(folder, name="two_shapes", version="1.0.0", names=None, **splits):
    """Prepares a data set: images of one level, of as many as is said.

    A split is `(count, shape)`, or `(count, shape, label)` of all; else the
    labels are 0, 1, 0, ...; the level of image i is i.
    """
    import tensorflow as tf
    import tensorflow_datasets as tfds

    shapes = {split[1] for split in splits.values()}
    shape = shapes.pop() if len(shapes) == 1 else (None, None, 1)
    names = names or ["square", "bar"]
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=shape),
            "label": tfds.features.ClassLabel(names=names),
        }
    )

    def examples(count, shape, *label):
        numbers = np.arange(count, dtype=np.uint8)
        levels = numbers.reshape(-1, *[1] * len(shape))
        labels = np.full(count, *label) if label else numbers % len(names)
        return tf.data.Dataset.from_tensor_slices(
            {
                "image": np.broadcast_to(levels, (count, *shape)),
                "label": labels.astype(np.int64),
            }
        )

    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=version,
        features=features,
        split_datasets={
            name: examples(*split) for name, split in splits.items()
        },
        data_dir=folder,
    )
    return folder


def _load(folder, name="two_shapes", **given):
    return load_prepared_set(DataSettings(f"tfds:{name}", str(folder), **given))


@pytest.fixture
def shapes(tmp_path):
    """A folder with a prepared data set that has no entry here."""
    return _store(tmp_path, train=(6, (4, 5, 1)), validation=(2, (4, 5, 1)))


def _levels(images):
    return images[:, 0, 0, 0]


def test_any_set_is_what_its_info_says(shapes, offline):
    source = _load(shapes)
    assert source.train_images.shape == (6, 4, 5, 1)
    levels = _levels(source.train_images)
    assert sorted(levels.tolist()) == list(range(6))
    assert source.train_labels.tolist() == (levels % 2).tolist()
    assert source.test_images.shape == (2, 4, 5, 1)
    assert source.class_names == ("square", "bar")
    assert source.num_classes == 2
    settings = DataSettings("tfds:two_shapes", str(shapes))
    assert measure_prepared_set(settings) == source.extent
    assert source.extent == Extent((4, 5, 1), 6, 0)


def test_fashion_mnist_is_read_as_it_is_prepared(tmp_path, offline):
    import tensorflow_datasets as tfds

    kind = tfds.builder_cls("fashion_mnist")
    names = tfds.builder("fashion_mnist", data_dir=tmp_path).info.features
    _store(
        tmp_path,
        "fashion_mnist",
        str(kind.VERSION),
        names["label"].names,
        train=(30, (28, 28, 1)),
        test=(20, (28, 28, 1)),
    )
    source = _load(tmp_path, "fashion_mnist")
    assert source.train_images.shape == (30, 28, 28, 1)
    assert source.class_names[9] == "Ankle boot" and source.num_classes == 10
    assert len(source.test_images) == 20 and source.extra_images is None
    small = _load(tmp_path, "fashion_mnist", image_size=7)
    assert small.test_images.shape == (20, 7, 7, 1)
    assert sorted(_levels(small.test_images)) == list(range(20))


def test_a_split_without_labels_is_unlabeled(tmp_path, offline):
    _store(
        tmp_path,
        train=(4, (6, 6, 3)),
        test=(2, (6, 6, 3)),
        unlabelled=(5, (6, 6, 3), -1),
    )
    for side in (0, 3):
        source = _load(tmp_path, image_size=side)
        assert source.extra_images.shape == (5, *[side or 6] * 2, 3)
        assert source.extent.unlabeled == 5
        data = DataSettings("tfds:two_shapes", str(tmp_path), image_size=side)
        assert measure_prepared_set(data) == source.extent


def test_a_set_without_test_images_gives_some_away(tmp_path, offline):
    _store(tmp_path, train=(20, (4, 4, 1)))
    source = _load(tmp_path, test_share=0.3)
    assert source.test_labels.tolist().count(0) == 3
    assert len(source.train_images) == 14
    levels = [*_levels(source.train_images), *_levels(source.test_images)]
    assert sorted(levels) == list(range(20))
    assert source.train_labels.tolist() == [
        level % 2 for level in _levels(source.train_images)
    ]


def test_images_of_several_sizes_are_resized_or_refused(tmp_path, offline):
    _store(tmp_path, train=(4, (6, 9, 1)), test=(2, (8, 5, 1)))
    with pytest.raises(UserError, match="of several sizes: give --image_size="):
        _load(tmp_path)
    source = _load(tmp_path, image_size=5)
    assert source.train_images.shape == (4, 5, 5, 1)
    assert source.test_images.shape == (2, 5, 5, 1)


@pytest.mark.parametrize(
    "name, message",
    [
        ("fashion-mnist", "not a data set .*, such as fashion_mnist, or"),
        ("Cifar 10", "not a data set .*, such as cifar10"),
        ("xyzzy", "not a data set of tensorflow-datasets: .* catalog, or"),
        ("mnist:9.9.9", "not a data set .*, such as mnist"),
        ("mnist/3d", "not a data set .*, such as mnist"),
        ("imdb_reviews", r"but of text \(Text\), label \(ClassLabel\): choose"),
        ("movielens", "but of movie_id"),
        ("celeb_a", "but of image .*, attributes"),
        ("oxford_iiit_pet", "of several sizes: give --image_size"),
        ("stl10", "not prepared in .* could not be downloaded"),
    ],
)
def test_other_names_and_kinds_are_refused(tmp_path, offline, name, message):
    with pytest.raises(UserError, match=message) as refused:
        _load(tmp_path, name)
    assert "\n" not in str(refused.value)


def _first_record(content):
    """A record is its length, a checksum, the content, a checksum."""
    return content[: int.from_bytes(content[:8], "little") + 16]


@pytest.mark.parametrize(
    "part, damage, words",
    [
        ("*-train.*", lambda content: content[: len(content) // 3], "Error"),
        ("*-train.*", lambda content: content[:-1], "DataLossError"),
        ("*-train.*", _first_record, "Failed.*: Input .* 6"),
        ("*-validation.*", None, "NotFoundError"),
        ("dataset_info.json", lambda content: content[:100], "ParseError"),
        ("dataset_info.json", lambda content: b"nonsense", "ParseError"),
    ],
)
def test_damage_is_noticed(shapes, offline, part, damage, words):
    (path,) = (shapes / "two_shapes").rglob(part)
    content = path.read_bytes()
    path.unlink()
    if damage:
        path.write_bytes(damage(content))
    said = rf"two_shapes in .* is damaged \(.*{words}"
    with pytest.raises(UserError, match=said):
        _load(shapes)
    with pytest.raises(UserError, match=":9.9.9 is not a data set"):
        _load(shapes, "two_shapes:9.9.9")
