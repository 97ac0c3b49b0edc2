"""Weights of a run at one step, read from its snapshots or checkpoints."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from xvat_tf.errors import UserError, reason
from xvat_tf.files.arrays import read_arrays
from xvat_tf.records import RunFolder
from xvat_tf.records.checkpoint_files import (
    CheckpointFiles,
    step_files,
    step_of,
)


@dataclasses.dataclass(frozen=True, eq=False)
class Weights:
    """Weights of a run after `step` steps, and the file they are from.

    Arrays by `classifier/<number>` and `generator/<number>`, in the order of
    the networks' variables: moving statistics and random states among them.
    """

    step: int
    path: pathlib.Path
    arrays: dict[str, np.ndarray]

    def put_into(self, classifier, generator=None) -> None:
        """Sets the variables of built networks; raises as `put_arrays`."""
        networks = {"classifier": classifier, "generator": generator}
        for part, network in networks.items():
            if network is not None:
                put_arrays(network.variables, part, self.arrays, self.path)

    @property
    def has_average(self) -> bool:
        """Whether training kept an average of the classifier's weights."""
        return bool(arrays_of("average", self.arrays))

    def averaged(self) -> "Weights":
        """The same with that average as the classifier's, or a UserError."""
        if not self.has_average:
            raise UserError(
                f"{self.path} has no averaged weights: give --weights=raw, or"
                " train with --ema_decay."
            )
        own = enumerate(arrays_of("classifier", self.arrays))
        # Random states are not averaged.
        names = [f"classifier/{i}" for i, a in own if a.dtype.kind == "f"]
        means = arrays_of("average", self.arrays)
        arrays = self.arrays | dict(zip(names, means, strict=True))
        return dataclasses.replace(self, arrays=arrays)


def take_arrays(parts: Mapping[str, Sequence[keras.Variable]]) -> dict:
    """Values of the variables of each part, by `<part>/<number>`."""
    return {
        f"{part}/{i}": variable.numpy()
        for part, variables in parts.items()
        for i, variable in enumerate(variables)
    }


def put_arrays(
    variables: Sequence[keras.Variable],
    part: str,
    arrays: dict[str, np.ndarray],
    path: pathlib.Path,
) -> None:
    """Sets a part's variables to what `take_arrays` gave, found in `path`.

    A UserError says that they are of another network; then nothing was set.
    """
    found = arrays_of(part, arrays)
    if [v.shape for v in variables] != [array.shape for array in found]:
        raise UserError(
            f"{path} belongs to another network than its settings.json: restore"
            " that file, or train in a new --log_dir."
        )
    for variable, array in zip(variables, found, strict=True):
        variable.assign(array)


def arrays_of(part: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Those arrays that `take_arrays` gave of a part, in its order."""
    names = (name for name in arrays if name.startswith(f"{part}/"))
    numbers = sorted(int(name.split("/")[1]) for name in names)
    return [arrays[f"{part}/{i}"] for i in numbers]


def snapshot_files(folder: RunFolder) -> list[pathlib.Path]:
    """Finds the snapshot files of a run, in the order of their steps."""
    return step_files(folder.snapshots)


def read_snapshot(path: pathlib.Path) -> Weights:
    """Weights of a snapshot file; a UserError says that it is damaged."""
    try:
        arrays = read_arrays(path)
    except Exception as error:  # Whatever damaged bytes raise.
        raise UserError(
            f"snapshot {path} cannot be read ({reason(error)}): delete it to"
            " draw without it."
        ) from None
    return Weights(step_of(path), path, arrays)


def read_checkpoint(folder: RunFolder, which: str) -> Weights:
    """Weights of a run's `"latest"` or `"best"` checkpoint, or a UserError."""
    files = CheckpointFiles(folder)
    found = (
        files.best(folder.read_settings().method.weights)
        if which == "best"
        else files.newest()
    )
    if found is None:
        raise UserError(
            f"{folder.path} has no checkpoint yet: train first, with"
            f" --log_dir={folder.path}."
        )
    return Weights(found.progress.step, found.path, found.arrays)


def read_newest(folder: RunFolder) -> Weights:
    """Weights of a run's newest checkpoint, or without one snapshot."""
    snapshots = snapshot_files(folder)
    if snapshots and not CheckpointFiles(folder).paths:
        return read_snapshot(snapshots[-1])
    return read_checkpoint(folder, "latest")
