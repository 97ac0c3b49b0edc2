"""One run from settings to results: data, networks, fit, records."""

import contextlib
import dataclasses
import functools
from typing import Any

import tensorflow as tf
import tqdm

from xvat_tf.data import PreparedData
from xvat_tf.data.reading_ahead import faults_told
from xvat_tf.data.streams import training_order, training_stream
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.records.extension import schedule_text
from xvat_tf.records.forms import Progress
from xvat_tf.settings import Settings
from xvat_tf.training import callbacks, health, loop
from xvat_tf.training.building import build_trainer
from xvat_tf.training.checkpoints import Checkpoints, Snapshots
from xvat_tf.training.monitoring import Monitor
from xvat_tf.training.opening import opening
from xvat_tf.training.replicas.distribution import ALONE, Distribution
from xvat_tf.training.replicas.joining import watched
from xvat_tf.training.schedules import learning_rate

_PROBED = 100
# Bytes of images that a GPU holds at most; of more it gets batch by batch.
_ROOM = 4 * 2**30


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run ended: content of results.json, signal that stopped it."""

    results: dict
    signal: int | None


def run(
    settings: Settings,
    folder: RunFolder,
    data: PreparedData,
    distribution: Distribution = ALONE,
) -> Outcome:
    """Trains, or continues, the run that lives in a folder.

    The chief has opened the folder, and alone writes; every worker calls this.
    A stopped run has a checkpoint of its last step.

    Raises:
        UserError: The loss is not finite, a checkpoint or the file of
            unlabeled images is damaged, or something cannot be written.
        WorkerLostError: Another worker of the group is gone.
    """
    with watched(distribution):
        return _Run(settings, folder, data, distribution).train()


class _Run:
    """A run where it begins or continues; the chief alone has a log."""

    def __init__(self, settings, folder, data, distribution):
        self._settings, self._folder, self._data = settings, folder, data
        self._distribution, self._is_chief = distribution, distribution.is_chief
        self._trainer = trainer = build_trainer(settings, data, distribution)
        if self._is_chief:
            folder.record_start(
                settings, data.split, data.sha256, data.class_names
            )
        kept = settings.train.keep_checkpoints
        self._checkpoints = Checkpoints(folder, trainer, kept)
        with distribution.scope():
            self._progress = self._checkpoints.restore()
        self._require_one_run()
        self._log = None
        if self._is_chief:
            self._say_what_begins()
            weights = settings.method.weights
            self._log = MetricsLog(folder, self._progress, weights)

    def train(self):
        try:
            with faults_told():
                received = self._fit()
        except callbacks.DivergedError:
            self._write_results("diverged")
            raise
        status = "interrupted" if received else "finished"
        results = self._write_results(status)
        # Nobody leaves before the chief has written.
        self._distribution.leave_together()
        return Outcome(results, received)

    def _require_one_run(self):
        """All workers have the same data and found the same checkpoint."""
        hashes = (self._data.split.sha256, self._data.sha256)
        self._distribution.require_same(
            [self._progress.step, *(int(sha256[:6], 16) for sha256 in hashes)],
            "the workers do not see the same data or the same checkpoints:"
            " give all of them the same data and a shared"
            f" --log_dir={self._folder.path}.",
        )

    def _say_what_begins(self):
        settings, folder = self._settings, self._folder
        step = self._progress.step
        print(opening(settings, self._data, self._trainer, folder.path))
        if step:
            print(f"continuing after step {step}")
        folder.extend(settings, step)
        if folder.was_extended_at(step):
            rate = learning_rate(settings.train, step)
            print(schedule_text(settings.train, step, rate))
            folder.say_if_versions_changed()

    def _write_results(self, status):
        if self._log is None:
            return {"status": status}
        steps = int(self._trainer.step.numpy())
        on = self._settings.data.evaluated_on
        return self._log.write_results(status, on, steps)

    def _fit(self):
        """Trains to the end; returns the signal that stopped it, or None."""
        train, step = self._settings.train, self._progress.step
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._distribution.scope())
            stop = stack.enter_context(callbacks.StopOnSignal())
            guard = callbacks.DivergenceGuard(self._checkpoints)
            used = [guard, stop]
            reached = Progress  # Which the chief alone writes.
            if self._is_chief:
                bar = callbacks.ShownProgress(train, step)
                used.append(stack.enter_context(contextlib.closing(bar)))
                used += self._probe_checks()
                used.append(self._monitor())
                reached = used[-1].progress
            used += [
                Snapshots(self._folder, train, step, self._is_chief),
                callbacks.PeriodicCheckpoint(
                    self._checkpoints, train, reached, self._log
                ),
            ]
            steps = _step_loop(self._settings, self._data, self._trainer, step)
            loop.fit(self._trainer, steps, used, train, step)
        return stop.received

    def _monitor(self):
        return Monitor(
            self._settings,
            self._folder,
            self._data,
            self._trainer,
            self._log,
            self._progress,
        )

    def _probe_checks(self):
        return health.probe_checks(
            self._settings.method,
            self._trainer.classifier,
            tf.convert_to_tensor(self._data.labeled_images[:_PROBED]),
            lambda text: tqdm.tqdm.write(f"note: {text}"),
        )


def stream_options(settings: Settings, start_step: int) -> dict[str, Any]:
    """The options of `training_stream` for a run from a step on."""
    train = settings.train
    return {
        "batch_size": train.batch_size,
        "ul_batch_size": (
            train.ul_batch_size if settings.uses_unlabeled else None
        ),
        "seed": train.seed,
        "start_step": start_step,
        "aug_trans": settings.data.aug_trans,
        "aug_flip": settings.data.aug_flip,
        "views": settings.method.views,
        "strata": train.shards,
    }


def _step_loop(settings, data, trainer, step):
    """The loop, whose images lie on the GPU if there is one, and room."""
    images = data.labeled_images, data.unlabeled_images
    sizes = [getattr(part, "nbytes", _ROOM) for part in images]
    options = stream_options(settings, step)
    if not _on_gpu() or sum(sizes) >= _ROOM:
        make = functools.partial(training_stream, data, **options)
        stream = trainer.distribution.stream(make)
        return loop.StepLoop(trainer, settings.train, stream)
    order, read = training_order(data, part=(0, 1), **options)
    return loop.StepLoop(trainer, settings.train, order, read)


def _on_gpu():
    return "GPU" in tf.constant(0.0).device
