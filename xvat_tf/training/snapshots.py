"""Keeps the weights along the way, for figures of how training went.

A checkpoint holds all that training needs, and only the last few are kept; a
snapshot holds the weights of classifier and generator alone, and the average
of the former if there is one, and stays.
"""

import pathlib

import keras
import numpy as np

from xvat_tf.files import not_written, written_whole
from xvat_tf.records import RunFolder
from xvat_tf.records.checkpoint_files import step_of
from xvat_tf.settings import TrainSettings
from xvat_tf.training.weights import snapshot_files, take_arrays


class Snapshots(keras.callbacks.Callback):
    """Writes weights before the first step and every `snapshot_epochs`.

    Every worker of a group has one; the chief's writes. Also after the last
    epoch. Snapshots beyond `step`, from which a run continues, are removed:
    those steps are taken again. Comes before the periodic checkpoint, so that
    a continued run misses none.
    """

    def __init__(
        self,
        folder: RunFolder,
        settings: TrainSettings,
        step: int,
        writes: bool = True,
    ):
        super().__init__()
        self._run, self._settings = folder, settings
        self._folder = folder.snapshots
        self._writes = writes
        if not writes:
            return
        for path in snapshot_files(folder):
            if step_of(path) > step:
                path.unlink()

    def on_train_begin(self, logs=None):
        if self._settings.snapshot_epochs and self.model.steps_done == 0:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        settings = self._settings
        if not settings.snapshot_epochs:
            return
        due = (epoch + 1) % settings.snapshot_epochs == 0
        last = epoch + 1 == settings.num_epochs
        whole = self.model.steps_done % settings.num_iter_per_epoch == 0
        if (due or last) and whole:
            self._save()

    def _save(self):
        parts = self.model.state("classifier", "generator", "average")
        arrays = take_arrays(parts)
        if not self._writes:
            return
        self._run.require_ours()
        _write(self._folder / f"step-{self.model.steps_done}.npz", arrays)


def _write(path: pathlib.Path, arrays: dict) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with written_whole(path) as file:
            np.savez(file, **arrays)
    except OSError as error:
        raise not_written(path, error) from None
