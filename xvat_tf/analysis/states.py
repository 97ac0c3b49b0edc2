"""A run's data and networks, and their weights along the way."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run
from xvat_tf.data import PreparedData, prepare
from xvat_tf.perturbations import InferencePasses
from xvat_tf.training import build_trainer, views
from xvat_tf.training.evaluation.evaluator import Predictor
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.weights import (
    Weights,
    read_newest,
    read_snapshot,
    snapshot_files,
)

_BATCH = 500


class Networks:
    """Data, classifier and generator of a run, at any of its steps.

    A UserError says that its data cannot be had, or are others.
    """

    def __init__(self, run: Run):
        self.run = run
        self.data = _data_of(run)
        run.folder.require_data(self.data.sha256)
        trainer = build_trainer(run.settings, self.data)
        self.classifier, self.generator = trainer.classifier, trainer.generator
        self._objective = trainer.objective
        self.logits = Predictor(self.classifier, _BATCH)
        # The same noise at every step: only the weights change a picture.
        self.noise = StepNoise(run.settings.train.seed, 0)

    def display(self, images, labels, rows=None, step: int | None = None):
        """Shows images as the run perturbs them; see `objectives.Display`."""
        passes = InferencePasses(self.classifier, step=step)
        images = tf.convert_to_tensor(images)
        return self._objective.display(images, labels, rows, passes, self.noise)

    def probes(self, count: int) -> views.Probes:
        """A labeled image of each class; see `views.choose_probes`."""
        settings = self.run.settings
        return views.choose_probes(
            self.data,
            uses_unlabeled=settings.uses_unlabeled,
            seed=settings.data.dataset_seed,
            count=count,
        )

    def load(self, weights: Weights) -> None:
        """Puts the weights of a step into both networks, which must fit them.

        Averaged ones of a method that is evaluated with them; snapshots of an
        older version have none.
        """
        if weights.has_average and self.run.settings.method.weights != "raw":
            weights = weights.averaged()
        weights.put_into(self.classifier, self.generator)


def _data_of(run) -> PreparedData:
    """Data of runs that differ in method only: read and whitened once."""
    key = run.settings.data, run.settings.train.dtype
    if key not in run.shared:
        run.shared.clear()
        run.shared[key] = prepare(*key)
    return run.shared[key]


def history(
    run: Run, part: str, missing: Missing, count: int | None = None
) -> Iterator[Weights]:
    """Weights of a run along the way, first step first, the newest last.

    At most `count`, evenly spread; None for all. Without snapshots there is
    only the newest checkpoint, and `missing` gets a line for what is drawn,
    `part`. Raises a UserError if there is nothing, or a file is damaged.
    """
    files = snapshot_files(run.folder)
    if not files:
        newest = read_newest(run.folder)
        missing.add(
            f"{part} over training",
            f"{run.folder.path} has no snapshots, only its newest checkpoint"
            " is drawn: train in a new folder with --snapshot_epochs=1.",
        )
        yield newest
        return
    for i in spread(len(files), count or len(files)):
        yield read_snapshot(files[i])


def spread(length: int, count: int) -> list[int]:
    """At most `count` indices below `length`, evenly, both ends included."""
    return sorted(set(np.linspace(0, length - 1, count).round().astype(int)))
