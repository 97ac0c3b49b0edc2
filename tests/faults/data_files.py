"""Prepared data sets that are damaged."""

import functools
import os
import pathlib
import unittest.mock

import numpy as np

from tests.faults.fault import Fault
from tests.faults.scene import left_nothing

_CIFAR = (
    "--dataset=cifar10",
    "--data_dir=sets",
    "--num_labeled_examples=20",
    "--network=mlp",
    "--num_epochs=1",
    "--nozca",
)
_COUNT = 60


def _prepare_cifar10(data_dir: pathlib.Path) -> pathlib.Path:
    """Prepares a few random images under this name, without a download.

    Returns:
        The file of the training images.
    """
    import tensorflow_datasets as tfds

    def splits(builder, download):
        return {"train": _examples(0), "test": _examples(1)}

    builder = tfds.builder("cifar10", data_dir=data_dir)
    with unittest.mock.patch.object(type(builder), "_split_generators", splits):
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(try_download_gcs=False)
        )
    (shard,) = data_dir.rglob("cifar10-train.tfrecord*")
    return shard


def _examples(seed):
    random = np.random.RandomState(seed)
    for i in range(_COUNT):
        image = random.randint(0, 256, (32, 32, 3), np.uint8)
        yield str(i), {"id": f"{i}", "image": image, "label": i % 10}


def _damaged(damage, scene):
    """Started in a process of its own, which a pipe cannot keep for ever."""
    damage(_prepare_cifar10(scene.folder / "sets"), scene.random)
    return [scene.start(*_CIFAR).end()]


def _change(shard, random):
    content = bytearray(shard.read_bytes())
    for _ in range(20):
        content[random.randrange(len(content))] ^= 255
    shard.write_bytes(content)


def _pipe(shard, random):
    shard.unlink()
    os.mkfifo(shard)


FAULTS = tuple(
    Fault(
        name,
        functools.partial(_damaged, damage),
        r"error: Data set cifar10 in --data_dir=sets is damaged \(.*\): .*",
        2,
        left_nothing,
        quick=int(damage is _change),
        full=full,
    )
    for name, damage, full in (
        ("shard of tensorflow-datasets corrupt", _change, 3),
        ("pipe in the place of a shard of tensorflow-datasets", _pipe, 1),
    )
)
