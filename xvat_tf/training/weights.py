"""Weights of a run at one step, read from its snapshots or checkpoints."""

import dataclasses
import pathlib
import re
import zipfile

import numpy as np
import tensorflow as tf

from xvat_tf.errors import UserError, reason
from xvat_tf.records import RunFolder
from xvat_tf.training.checkpoints import damaged, newest_checkpoint

_PARTS = ("classifier", "generator")
_DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@dataclasses.dataclass(frozen=True, eq=False)
class Weights:
    """Weights of a run at one step, in the order of the networks' variables.

    Attributes:
        step: Steps done.
        classifier: Arrays, moving statistics and random states among them.
        generator: Arrays; empty for a method without masks.
    """

    step: int
    classifier: tuple[np.ndarray, ...]
    generator: tuple[np.ndarray, ...]

    def put_into(self, classifier, generator=None) -> None:
        """Sets the variables of built networks of the same settings."""
        for network, arrays in (
            (classifier, self.classifier),
            (generator, self.generator),
        ):
            variables = [] if network is None else network.variables
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)


def snapshot_files(folder: RunFolder) -> list[pathlib.Path]:
    """Snapshot files of a run, in the order of their steps."""
    return sorted(folder.snapshots.glob("step-*.npz"), key=step_of)


def step_of(path: pathlib.Path) -> int:
    """Step of a snapshot file."""
    return int(path.stem.removeprefix("step-"))


def read_snapshot(path: pathlib.Path) -> Weights:
    """Weights of a snapshot file.

    Raises:
        UserError: It is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except _DAMAGE as error:
        raise UserError(
            f"snapshot {path} cannot be read ({reason(error)}): delete it to"
            " draw without it."
        ) from None
    return _weights(step_of(path), arrays)


def read_newest(folder: RunFolder) -> Weights:
    """Weights of a run's newest checkpoint, without one of its snapshots.

    Raises:
        UserError: There is neither, or it is damaged.
    """
    latest = newest_checkpoint(folder)
    if latest is None:
        files = snapshot_files(folder)
        if files:
            return read_snapshot(files[-1])
        raise UserError(
            f"{folder.path} has no checkpoint and no snapshot: train first,"
            f" with --log_dir={folder.path}."
        )
    prefix, step = latest
    try:
        reader = tf.train.load_checkpoint(prefix)
        arrays = {
            name.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE"): (
                reader.get_tensor(name)
            )
            for name in reader.get_variable_to_shape_map()
            if re.match(rf"({'|'.join(_PARTS)})/\d+/", name)
        }
    except (tf.errors.OpError, RuntimeError, *_DAMAGE) as error:
        raise damaged(prefix, error) from None
    return _weights(step, arrays)


def _weights(step, arrays):
    """Arrays by `<part>/<number>`, in the order of their numbers."""
    parts = {part: [] for part in _PARTS}
    for name in sorted(arrays, key=lambda name: int(name.split("/")[1])):
        parts[name.split("/")[0]].append(arrays[name])
    return Weights(step, *map(tuple, parts.values()))
