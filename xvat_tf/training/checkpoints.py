"""Training state to and from files, and snapshots of the weights."""

import keras
import numpy as np

from xvat_tf.errors import UserError, reason, writing_remedy
from xvat_tf.files import not_written, written_whole
from xvat_tf.records import RunFolder, read_metrics
from xvat_tf.records.checkpoint_files import CheckpointFiles, step_of
from xvat_tf.records.forms import Progress
from xvat_tf.settings import TrainSettings
from xvat_tf.training.joint_step import STATE
from xvat_tf.training.trainer import Trainer
from xvat_tf.training.weights import put_arrays, snapshot_files, take_arrays


class Checkpoints:
    """Saves and restores everything a training step reads.

    Variables are stored in their order per part. Data order and perturbation
    noise are functions of the step and need no state; dropout's random states
    and batch norm's statistics are among the classifier's variables, learning
    rate and beta_1 among the optimizer's. The `kept` newest files stay, and
    the best one.
    """

    def __init__(self, folder: RunFolder, trainer: Trainer, kept: int):
        self._folder, self._kept = folder, kept
        self._files = CheckpointFiles(folder)
        self._writes = trainer.distribution.is_chief
        means = [v for metric in trainer.metrics for v in metric.variables]
        # The means are the running ones of the training curves.
        self._parts = trainer.state(*STATE) | {"means": means}

    @property
    def latest(self) -> str:
        """The newest file, for messages."""
        return str(next(iter(self._files.paths), "none yet"))

    def restore(self) -> Progress:
        """Loads the newest checkpoint that is whole, if there is one.

        Returns how far the run had come. A UserError says that all are
        damaged, gone, or of another program.
        """
        found = self._files.newest()
        if found is None:
            self._require_none_lost()
            return Progress()
        for name, variables in self._parts.items():
            put_arrays(variables, name, found.arrays, found.path)
        return found.progress

    def save(self, progress: Progress, best: int | None) -> None:
        """Saves the state, and removes what it makes superfluous.

        Every worker of a group must call it; the chief writes. `best` is the
        step of the best evaluation so far. A UserError says what fails.
        """
        arrays = take_arrays(self._parts)
        if not self._writes:
            return
        try:
            self._files.write(progress, arrays)
            self._files.prune(progress.step, self._kept, best)
        except OSError as error:
            raise UserError(
                f"the checkpoint of step {progress.step} cannot be written"
                f" ({reason(error)}): {writing_remedy(error)} and run the"
                " same command again; it continues from the last checkpoint,"
                f" {self.latest}."
            ) from None

    def _require_none_lost(self):
        """The first evaluation is always followed by a checkpoint."""
        lines = read_metrics(self._folder)
        if len(lines) > 1 or self._folder.finished_results():
            raise UserError(
                f"{self._folder.checkpoints} is empty, but training had"
                f" reached step {lines[-1]['step']}: restore its files, or"
                " train in"
                " a new --log_dir."
            )


class Snapshots(keras.callbacks.Callback):
    """Writes weights at first, every `snapshot_epochs`, and at the end.

    Every worker of a group has one; the chief's writes. Snapshots beyond
    `step`, from which a run continues, are removed: those steps are taken
    again. Comes before the periodic checkpoint, so that none is missed.
    """

    def __init__(
        self,
        folder: RunFolder,
        settings: TrainSettings,
        step: int,
        writes: bool = True,
    ):
        super().__init__()
        self._folder, self._settings = folder, settings
        self._writes = writes
        for path in snapshot_files(folder) if writes else ():
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
        self._folder.require_ours()
        path = self._folder.snapshots / f"step-{self.model.steps_done}.npz"
        try:
            path.parent.mkdir(exist_ok=True)
            with written_whole(path) as file:
                np.savez(file, **arrays)
        except OSError as error:
            raise not_written(path, error) from None
