"""Data sets of tensorflow-datasets, read once into arrays."""

import os
import pathlib
import urllib.error
import urllib.request

import numpy as np

from xvat_tf.data.places import data_folder
from xvat_tf.data.source import Source
from xvat_tf.datasets import TFDS
from xvat_tf.errors import UserError, reason
from xvat_tf.settings import DataSettings

_NAMES = {"svhn": "svhn_cropped"}  # Others have the name that they have here.
_PROBE_SECONDS = 10


def load_any_set(data: DataSettings) -> Source:
    """Reads the data set of `--dataset=tfds:NAME`.

    Its images, labels, classes and their names are those that its `info` says.

    Raises:
        UserError: It has no images of one shape with a class each, no test
            images, or it is as in `load_prepared_set`.
    """
    return _load(data.dataset.removeprefix(TFDS), data.data_dir)


def load_prepared_set(data: DataSettings) -> Source:
    """Reads a data set, uint8; downloads and prepares it first if need be.

    A prepared data set needs no network and no writable folder. Images with
    an id are put back into the order of the original files, which is the
    order that the official split of SVHN counts in.

    Raises:
        UserError: It is damaged, or neither prepared nor to be had.
    """
    return _load(_name(data), data.data_dir)


def is_prepared(data: DataSettings) -> bool:
    """Whether the data set is one of tensorflow-datasets, and lies here."""
    folder = data_folder(data.data_dir) / _name(data).removeprefix(TFDS)
    return any(folder.rglob("dataset_info.json"))


def _name(data):
    return _NAMES.get(data.dataset, data.dataset)


def _load(name, data_dir):
    folder = str(data_folder(data_dir))
    _require_files(name, folder)
    builder = _builder(name, folder)
    image, label = _keys(builder, name)
    if not builder.is_prepared():
        _prepare(builder, name, folder)
    test = _test_split(builder, name)
    train_images, train_labels = _read(builder, "train", name, folder)
    test_images, test_labels = _read(builder, test, name, folder)
    return Source(
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        num_classes=builder.info.features[label].num_classes,
        class_names=tuple(builder.info.features[label].names),
    )


def _require_files(name, folder):
    """A pipe in the place of a file would be waited for without an end."""
    for path in pathlib.Path(folder, name.split(":")[0]).rglob("*"):
        if path.exists() and not (path.is_file() or path.is_dir()):
            odd = OSError(f"{path.name} is not a regular file")
            raise _damaged(name, folder, odd)


def _keys(builder, name):
    """Names of the image and of its class among the features."""
    import tensorflow_datasets as tfds

    features, keys = builder.info.features, builder.info.supervised_keys
    kinds = (tfds.features.Image, tfds.features.ClassLabel)
    if not keys:  # Data sets of a user need not say.
        keys = [n for kind in kinds for n in features if _is(features, n, kind)]
    classified = len(keys) == len(kinds) and all(
        _is(features, key, kind) for key, kind in zip(keys, kinds, strict=True)
    )
    if not classified or None in features[keys[0]].shape:
        raise UserError(
            f"--dataset={TFDS}{name} has no images of one shape, each with one"
            " class: choose a data set of image classification, or resize it"
            " for --dataset=arrays."
        )
    return tuple(keys)


def _is(features, name, kind):
    return isinstance(name, str) and isinstance(features[name], kind)


def _test_split(builder, name):
    """The split that is evaluated: `test`, or else `validation`."""
    found = [s for s in ("test", "validation") if s in builder.info.splits]
    if not found or "train" not in builder.info.splits:
        raise UserError(
            f"--dataset={TFDS}{name} has the splits"
            f" {', '.join(builder.info.splits)}: it needs train and test (or"
            " validation)."
        )
    return found[0]


# tensorflow-datasets lets through whatever its many parts raise, down to
# AssertionError and AttributeError; hence the wide nets below.


def _builder(name, folder):
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=folder)
    except tfds.core.DatasetNotFoundError:
        raise UserError(
            f"--dataset={TFDS}{name} is not a data set of tensorflow-datasets:"
            " give a name from its catalog, or prepare it in"
            f" --data_dir={folder}."
        ) from None
    except Exception as error:
        raise _damaged(name, folder, error) from error


def _prepare(builder, name, folder):
    import tensorflow_datasets as tfds

    try:
        # Without a network tensorflow-datasets tries for many minutes.
        _reach(next(iter(builder.url_infos)))
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(try_download_gcs=False)
        )
    except Exception as error:
        raise UserError(
            f"Data set {name} is not prepared in --data_dir={folder} and could"
            f" not be downloaded ({_reason(error)}): on a machine with a"
            f" network run {_remedy(name, folder)}, or give the folder that has"
            " it as --data_dir."
        ) from error


def _reach(url):
    """Raises an OSError soon if the server of `url` cannot be reached."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=_PROBE_SECONDS).close()
    except urllib.error.HTTPError as answer:
        answer.close()  # It answered, and that is all we ask.


def _read(builder, split, name, folder):
    """Images uint8 `(n, h, w, c)` and labels int32 `(n,)` of a split."""
    import tensorflow_datasets as tfds

    # One file after the other keeps the order on disk; the cache of
    # tensorflow-datasets would only hold a second copy.
    config = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    try:
        examples = tfds.as_numpy(
            builder.as_dataset(split=split, batch_size=-1, read_config=config)
        )
        image, label = _keys(builder, name)
        images, labels = examples[image], examples[label].astype(np.int32)
        classes = np.arange(builder.info.features[label].num_classes)
        if not np.isin(labels, classes).all():
            raise ValueError("a label is not a class")
    except Exception as error:
        raise _damaged(name, folder, error) from error
    if "id" in examples:
        order = np.argsort(examples["id"].astype("S"), kind="stable")
        images, labels = images[order], labels[order]
    return images, labels


def _damaged(name, folder, error):
    return UserError(
        f"Data set {name} in --data_dir={folder} is damaged"
        f" ({_reason(error)}): remove {os.path.join(folder, name)} and run"
        f" {_remedy(name, folder)} on a machine with a network."
    )


def _remedy(name, folder):
    """The command; `tfds build` would want apache_beam as well."""
    return (
        '`python -c "import tensorflow_datasets as tfds;'
        f" tfds.builder('{name}', data_dir='{folder}')"
        '.download_and_prepare()"`'
    )


def _reason(error):
    return f"{type(error).__name__}: {reason(error)}"
