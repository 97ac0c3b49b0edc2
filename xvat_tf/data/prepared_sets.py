"""Data sets of tensorflow-datasets, read once into arrays."""

import numpy as np

from xvat_tf import machine
from xvat_tf.data.image_files import CHANNELS, resized
from xvat_tf.data.sources import Source, data_folder
from xvat_tf.data.splits import hold_out
from xvat_tf.data.tfds_builder import (
    damaged,
    find_builder,
    find_keys,
    prepare,
)
from xvat_tf.datasets import TFDS
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings
from xvat_tf.settings.own_defaults import Extent

_NAMES = {"svhn": "svhn_cropped"}  # Others have the name that they have here.
_TEST = ("test", "validation")
_UNLABELED = ("unlabelled", "unlabeled")  # The first is that of stl10.


def load_prepared_set(data: DataSettings) -> Source:
    """Reads a data set; downloads and prepares it first if need be.

    Images, labels, classes and their names are those that its `info` says. The
    split `test`, or else `validation`, is evaluated; without one `--test_share`
    of each class is held out. A split of images without labels is read too.
    `--image_size` resizes as `image_files.resized` does.

    A prepared data set needs no network and no writable folder. Images with
    an id are put back into the order of the original files, which is the
    order that the official split of SVHN counts in.

    Raises:
        UserError: It is damaged, neither prepared nor to be had, or has no
            training images of one shape with a class each.
    """
    stored = _Stored(data)
    train, labels = stored.read("train")
    test_name, extra_name = stored.split(_TEST), stored.split(_UNLABELED)
    if test_name:
        test, test_labels = stored.read(test_name)
    else:
        out = hold_out(labels, data.test_share, data.dataset_seed)
        test, test_labels = train[out], labels[out]
        train, labels = train[~out], labels[~out]
    extra = stored.read(extra_name, labeled=False)[0] if extra_name else None
    return Source(
        train_images=train,
        train_labels=labels,
        test_images=test,
        test_labels=test_labels,
        num_classes=len(stored.class_names),
        extra_images=extra,
        class_names=stored.class_names,
    )


def measure_prepared_set(data: DataSettings) -> Extent:
    """Reads size and number of images from the `info` of a data set.

    Raises:
        UserError: As `load_prepared_set`, but for damage to the images.
    """
    machine.import_tensorflow()
    stored = _Stored(data)
    number = stored.count("train")
    if not stored.split(_TEST):
        number = round(number * (1 - data.test_share))
    return Extent(stored.shape, number, stored.count(stored.split(_UNLABELED)))


def is_prepared(data: DataSettings) -> bool:
    """Whether the data set is one of tensorflow-datasets, and lies here."""
    folder = data_folder(data.data_dir) / _name(data)
    return any(folder.rglob("dataset_info.json"))


def _name(data):
    return _NAMES.get(data.dataset, data.dataset.removeprefix(TFDS))


class _Stored:
    """A prepared data set whose splits can be read."""

    def __init__(self, data):
        self._name, self._side = _name(data), data.image_size
        self._folder = str(data_folder(data.data_dir))
        self._builder = find_builder(self._name, self._folder)
        self._image, self._label = find_keys(self._builder, self._name)
        self._feature = self._builder.info.features[self._image]
        self._check_images()
        prepare(self._builder, self._name, self._folder)
        if "train" not in self._splits:
            raise self._error(
                f" has the splits {', '.join(self._splits)}: it needs train."
            )

    @property
    def class_names(self):
        """Of class 0, 1, ..."""
        return tuple(self._builder.info.features[self._label].names)

    @property
    def shape(self):
        height, width, channels = self._feature.shape
        return self._side or height, self._side or width, channels

    @property
    def _splits(self):
        return self._builder.info.splits

    def split(self, names):
        """The first of some splits that there is, or an empty text."""
        return next((name for name in names if name in self._splits), "")

    def count(self, split):
        return self._splits[split].num_examples if split else 0

    def read(self, split, labeled=True):
        """Images, uint8 `(n, h, w, c)`, and labels, int32 `(n,)`."""
        try:
            examples = self._examples(split)
            images = examples[self._image]
            labels = examples[self._label].astype(np.int32)
            known = np.isin(labels, np.arange(len(self.class_names)))
            if labeled and not known.all():
                raise ValueError("a label is not a class")
        except Exception as error:  # See `tfds_builder`.
            raise damaged(self._name, self._folder, error) from error
        if "id" in examples:
            order = np.argsort(examples["id"].astype("S"), kind="stable")
            images, labels = images[order], labels[order]
        return images, labels

    def _examples(self, split):
        """Columns by name, in the order on disk."""
        import tensorflow as tf
        import tensorflow_datasets as tfds

        def chosen(row):
            row = {name: row[name] for name in names & row.keys()}
            if self._side:
                row[self._image] = tf.numpy_function(
                    lambda pixels: resized(pixels, self._side),
                    [row[self._image]],
                    tf.uint8,
                )
            return row

        names = {self._image, self._label, "id"}
        # One file after the other keeps the order; the cache of
        # tensorflow-datasets would only hold a second copy.
        config = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
        rows = self._builder.as_dataset(split=split, read_config=config)
        whole = rows.map(chosen).batch(self.count(split))
        return tfds.as_numpy(whole.get_single_element())

    def _check_images(self):
        shape, dtype = self._feature.shape, self._feature.np_dtype
        if not self._side and None in shape:
            raise self._error(
                " has images of several sizes: give --image_size=32, or another"
                " side, to make all of them squares of it."
            )
        if self._side and (dtype != np.uint8 or shape[-1] not in CHANNELS):
            raise self._error(
                f" has images {shape} of {np.dtype(dtype)}, and --image_size"
                " resizes grey and coloured ones of 8 bits: leave it out."
            )

    def _error(self, message):
        return UserError(f"--dataset={TFDS}{self._name}{message}")
