"""Checkpoint files: one .npz per step that carries its own checksum.

A file has its name only once it is whole and on disk. What is read back has
the SHA-256 that was computed before it was written; else the file is damaged
and the one before it counts.
"""

import dataclasses
import pathlib
import re

import numpy as np

from xvat_tf.errors import UserError, note, reason
from xvat_tf.files import TEMPORARY
from xvat_tf.files.arrays import read_checked, write_checked
from xvat_tf.records.forms import Progress
from xvat_tf.records.metrics_log import best_step, read_metrics
from xvat_tf.records.run_folder import RunFolder

_PROGRESS = "progress"
_NAME = re.compile(r"step-(\d{1,18})\.npz\Z")


@dataclasses.dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint file holds; arrays by `<part>/<number>`."""

    path: pathlib.Path
    progress: Progress
    arrays: dict[str, np.ndarray]


class CheckpointFiles:
    """The checkpoint files of a run."""

    def __init__(self, folder: RunFolder):
        self._run, self._folder = folder, folder.checkpoints

    @property
    def paths(self) -> list[pathlib.Path]:
        """The files, newest first."""
        return step_files(self._folder)[::-1]

    def write(self, progress: Progress, arrays: dict) -> None:
        """Writes a checkpoint whole or not at all, which is an OSError."""
        content = arrays | {_PROGRESS: np.array(progress.to_json())}
        self._run.require_ours()
        self._folder.mkdir(exist_ok=True)
        write_checked(self._folder / f"step-{progress.step}.npz", content)

    def prune(self, step: int, count: int, best: int | None) -> None:
        """Keeps the `count` newest, `step` among them, and the `best` step.

        Files of later steps are of a continued run's past: damaged ones, and
        what followed them.
        """
        steps = [s for s in map(step_of, self.paths) if s <= step]
        kept = {best, *steps[:count]}
        for path in self._folder.glob(f"step-*.npz{TEMPORARY}"):
            path.unlink(missing_ok=True)
        for path in self.paths:
            if step_of(path) not in kept:
                path.unlink(missing_ok=True)

    def newest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; None if there is no file.

        Says on stderr which ones are not; a UserError says that none is.
        """
        failures = []
        for path in self.paths:
            try:
                found = _read(path)
            except Exception as error:  # Whatever damaged bytes raise.
                failures.append(f"{path.name}: {reason(error)}")
                continue
            for failure in failures:
                note(
                    f"damaged checkpoint {failure}; {found.path} is used"
                    " instead."
                )
            return found
        if failures:
            raise UserError(
                f"no checkpoint in {self._folder} can be read"
                f" ({'; '.join(failures)}): restore one of them, or train in"
                " a new --log_dir; nothing was changed."
            )
        return None

    def best(self, weights: str = "raw") -> Checkpoint:
        """The checkpoint of the best evaluation so far, or a UserError.

        Best with the weights that the method is evaluated with.
        """
        newest = self.newest()
        known = newest and newest.progress.evaluations
        step = best_step(known or read_metrics(self._run), weights)
        path = self._folder / f"step-{step}.npz"
        try:
            return _read(path)
        except Exception as error:
            why = f"{path} ({reason(error)})" if step else "no evaluation yet"
            raise UserError(
                f"{self._run.path} has no best checkpoint that can be read,"
                f" {why}: use --checkpoint=latest."
            ) from None


def newest_step(folder: RunFolder) -> int:
    """Finds the step of the newest checkpoint file, whole or not; else 0."""
    return max(map(step_of, CheckpointFiles(folder).paths), default=0)


def step_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """Finds the files `step-<number>.npz` of a folder, in their order.

    Others, such as the copies that synchronised folders make, are left alone.
    """
    files = [path for path in folder.glob("step-*") if _NAME.match(path.name)]
    return sorted(files, key=step_of)


def step_of(path: pathlib.Path) -> int:
    """Reads the step off the name of such a file."""
    return int(path.stem.removeprefix("step-"))


def _read(path) -> Checkpoint:
    content = read_checked(path)
    progress = Progress.from_json(content.pop(_PROGRESS).item())
    return Checkpoint(path, progress, content)
