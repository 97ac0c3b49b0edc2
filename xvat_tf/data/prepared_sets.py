"""Data sets of tensorflow-datasets, read once into arrays."""

import os
import re
import urllib.error
import urllib.request

import numpy as np

from xvat_tf.data.places import data_folder
from xvat_tf.data.source import Source
from xvat_tf.errors import UserError

_NAMES = {
    "mnist": "mnist",
    "svhn": "svhn_cropped",
    "cifar10": "cifar10",
    "cifar100": "cifar100",
}
_PROBE_SECONDS = 10
_LONGEST_REASON = 200


def load_prepared_set(dataset: str, data_dir: str) -> Source:
    """Reads a data set; downloads and prepares it first if need be.

    A prepared data set needs no network and no writable folder. Images with
    an id are put back into the order of the original files, which is the
    order that the official split of SVHN counts in.

    Args:
        dataset: `mnist`, `svhn`, `cifar10` or `cifar100`.
        data_dir: Folder of prepared data sets, as `data_folder` takes it.

    Returns:
        The data set, images uint8.

    Raises:
        UserError: It is damaged, or neither prepared nor to be had.
    """
    name, folder = _NAMES[dataset], str(data_folder(data_dir))
    builder = _builder(name, folder)
    if not builder.is_prepared():
        _prepare(builder, name, folder)
    train_images, train_labels = _read(builder, "train", name, folder)
    test_images, test_labels = _read(builder, "test", name, folder)
    return Source(
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        num_classes=100 if dataset == "cifar100" else 10,
    )


# tensorflow-datasets lets through whatever its many parts raise, down to
# AssertionError and AttributeError; hence the wide nets below.


def _builder(name, folder):
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=folder)
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
        images, labels = examples["image"], examples["label"]
    except Exception as error:
        raise _damaged(name, folder, error) from error
    labels = labels.astype(np.int32)
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
    """One line; without the {{nodes}} that TensorFlow puts in front."""
    text = re.sub(r"\{\{.*?\}\}\s*", "", f"{type(error).__name__}: {error}")
    return text.strip().splitlines()[0][:_LONGEST_REASON]
