"""Data that is not what it should be, and training that overflows."""

import functools
import json
import os
import shutil

import numpy as np

from tests.faults.fault import Fault
from tests.faults.scene import left_nothing
from tests.faults.tiny_cifar import prepare_cifar10
from xvat_tf.files.arrays import digest

_ARRAYS = (
    "--dataset=arrays",
    "--arrays_file=mine.npz",
    "--num_labeled_examples=0",
)
_CIFAR = (
    "--dataset=cifar10",
    "--data_dir=sets",
    "--num_labeled_examples=20",
    "--network=mlp",
    "--num_epochs=1",
)
_OVERFLOWING = ("--dataset=moons", "--method=mle", "--learning_rate=1e30")


def _arrays(changes, scene):
    """Trains on a file of the user's with something wrong in it."""
    random = np.random.RandomState(scene.random.randrange(2**32))
    content = {}
    for part, count in (("train", 40), ("test", 20)):
        content[f"x_{part}"] = random.rand(count, 4, 4).astype(np.float32)
        content[f"y_{part}"] = np.arange(count) % 2
    for name, value in changes.items():
        array = content[name]
        array.flat[random.randint(array.size)] = value
    np.savez(scene.folder / "mine.npz", **content)
    return [scene.train_here(*_ARRAYS)]


def _corrupt_shard(scene):
    shard = prepare_cifar10(scene.folder / "sets")
    content = bytearray(shard.read_bytes())
    for _ in range(20):
        content[scene.random.randrange(len(content))] ^= 255
    shard.write_bytes(content)
    return [scene.train_here(*_CIFAR, "--nozca")]


def _pipe_for_a_shard(scene):
    shard = prepare_cifar10(scene.folder / "sets")
    shard.unlink()
    os.mkfifo(shard)
    return [scene.train(*_CIFAR, "--nozca")]


def _prepared_anew(scene):
    """Other images under the same name, once the run is finished."""
    sets = scene.folder / "sets"
    prepare_cifar10(sets)
    assert scene.train_here(*_CIFAR, "--nozca").status == 0
    again = scene.train_here(*_CIFAR, "--nozca")
    assert "nothing was trained" in again.out
    shutil.rmtree(sets)
    prepare_cifar10(sets, seed=2)
    return [scene.train_here(*_CIFAR, "--nozca")]


def _foreign_zca(scene):
    """A cache whose checksum is right and whose shapes are not."""
    prepare_cifar10(scene.folder / "sets")
    assert scene.train_here(*_CIFAR).status == 0
    (cache,) = (scene.folder / "sets" / "xvat_tf_cache").iterdir()
    shapes = {
        "components": (12, 12),
        "mean": 12,
        "inverse_components": (12, 12),
    }
    arrays = {name: np.ones(shape) for name, shape in shapes.items()}
    np.savez(cache, sha256=digest(arrays), **arrays)
    os.rename(scene.run, scene.folder / "first")
    return [scene.train_here(*_CIFAR)]


def _same_as_the_first(scene):
    ours, first = (
        json.loads((folder / "results.json").read_text())
        for folder in (scene.run, scene.folder / "first")
    )
    assert ours["final_nll"] == first["final_nll"]


def _overflow(scene):
    """The first step is finite, at this rate the second is not."""
    return [scene.train_here(*_OVERFLOWING)]


def _kept_the_good(scene):
    """The last good checkpoint holds finite numbers, and stays."""
    before = scene.files()
    with np.load(scene.checkpoints()[0]) as file:
        assert all(
            np.isfinite(file[name]).all()
            for name in file.files
            if file[name].dtype.kind == "f"
        )
    again = scene.train_here(*_OVERFLOWING)
    assert again.status == 2
    names = [name for name in before if name.startswith("checkpoints/")]
    after = scene.files()
    assert names and all(after[name] == before[name] for name in names)


def _refused(name, changes, line):
    return Fault(
        name,
        functools.partial(_arrays, changes),
        rf"error: --arrays_file=mine\.npz: {line}.*",
        2,
        left_nothing,
        quick=int(name.startswith("NaN")),  # Others: `tests/data`.
        full=3,
    )


FAULTS = (
    _refused("NaN in an image", {"x_train": np.nan}, "x_train has values"),
    _refused("infinity in an image", {"x_test": np.inf}, "x_test has values"),
    _refused("label below 0", {"y_train": -1}, "y_train has the label -1"),
    _refused("label without images", {"y_test": 7}, "class 2 of 8 has no"),
    Fault(
        "loss overflows",
        _overflow,
        r"error: the loss is not finite at step \d+ \(.*\): lower .*",
        2,
        _kept_the_good,
        quick=0,  # As `tests/cli/failures_test.py` has it.
    ),
    Fault(
        "shard of tensorflow-datasets corrupt",
        _corrupt_shard,
        r"error: Data set cifar10 in --data_dir=sets is damaged \(.*\): .*",
        2,
        left_nothing,
        full=3,
    ),
    Fault(
        "pipe in the place of a shard of tensorflow-datasets",
        _pipe_for_a_shard,
        r"error: Data set cifar10 in --data_dir=sets is damaged \(.*\): .*",
        2,
        left_nothing,
        quick=0,
    ),
    Fault(
        "other images prepared under the name of a finished run's",
        _prepared_anew,
        r"error: the data changed since run was trained \(SHA-256 .*\): .*",
        2,
        quick=0,  # As `tests/cli/data_identity_test.py` has it.
    ),
    Fault(
        "cached ZCA of another size",
        _foreign_zca,
        "",
        0,
        _same_as_the_first,
        quick=0,
    ),
)
