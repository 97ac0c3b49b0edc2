"""One run from settings to results: data, networks, fit, records."""

import contextlib
import dataclasses
from collections.abc import Sequence

import keras

from xvat_tf.data import PreparedData
from xvat_tf.data.shard_damage import damage_named
from xvat_tf.data.streams import training_stream
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.settings import Settings
from xvat_tf.training import callbacks, schedules
from xvat_tf.training.building import build_trainer
from xvat_tf.training.checkpoints import Checkpoints
from xvat_tf.training.evaluator import Evaluator
from xvat_tf.training.monitoring import EventFiles, Monitor, Panels
from xvat_tf.training.snapshots import Snapshots


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        results: Content of results.json.
        signal: Number of the signal that stopped it, or None.
    """

    results: dict
    signal: int | None


def run(
    settings: Settings,
    folder: RunFolder,
    data: PreparedData,
    observers: Sequence[keras.callbacks.Callback] = (),
) -> Outcome:
    """Trains, or continues, the run that lives in a folder.

    Args:
        settings: Settings of the run.
        folder: Its folder, opened.
        data: Its data.
        observers: Callbacks of the caller, called before the run's own.

    Returns:
        Results and, if it was stopped, the signal. A stopped run has a
        checkpoint of its last step.

    Raises:
        UserError: The loss is not finite, a checkpoint or a shard is
            damaged, or something cannot be written.
    """
    trainer = build_trainer(settings, data)
    folder.record_start(settings, data.split)
    checkpoints = Checkpoints(folder, trainer, settings.train.keep_checkpoints)
    progress = checkpoints.restore()
    if progress.step:
        print(f"continuing after step {progress.step}")
    log = MetricsLog(folder, progress.step)

    def write_results(status):
        steps = int(trainer.optimizer.iterations.numpy())
        return log.write_results(status, settings.data.evaluated_on, steps)

    try:
        with damage_named(data.unlabeled_images):
            received = _fit(
                settings,
                folder,
                data,
                trainer,
                checkpoints,
                log,
                progress,
                observers,
            )
    except callbacks.DivergedError:
        write_results("diverged")
        raise
    status = "interrupted" if received else "finished"
    return Outcome(write_results(status), received)


def _fit(
    settings, folder, data, trainer, checkpoints, log, progress, observers
):
    """Runs `fit` to the end; returns the signal that stopped it, or None."""
    step = progress.step
    evaluator = Evaluator(trainer, data.test_images, data.test_labels, settings)
    events = EventFiles(folder, progress)
    panels = Panels(trainer, data, settings, events)
    name = folder.path.resolve().name
    monitor = Monitor(events, settings, log, evaluator, panels, name, progress)
    bar = callbacks.Progress(settings.train, step)
    with callbacks.StopOnSignal() as stop, contextlib.closing(bar):
        used = [
            *observers,
            schedules.ScheduleCallback(settings.train, step),
            callbacks.DivergenceGuard(checkpoints, step),
            stop,
            bar,
            monitor,
            Snapshots(folder, settings.train, step),
            callbacks.PeriodicCheckpoint(
                checkpoints, settings.train, monitor, log
            ),
        ]
        for start, epoch, end_epoch, steps in _segments(settings.train, step):
            trainer.fit(
                _stream(settings, data, start),
                initial_epoch=epoch,
                epochs=end_epoch,
                steps_per_epoch=steps,
                callbacks=used,
                shuffle=False,
                verbose=0,
            )
            if trainer.stop_training:
                break
    return stop.received


def _segments(train, step):
    """Calls of `fit`: the rest of a begun epoch, then the whole epochs.

    Yields:
        First step, first epoch, epoch to end before, steps per epoch.
    """
    size = train.num_iter_per_epoch
    epoch, done = divmod(step, size)
    if done:
        yield step, epoch, epoch + 1, size - done
        epoch += 1
    if epoch < train.num_epochs:
        yield epoch * size, epoch, train.num_epochs, size


def _stream(settings, data, start_step):
    train = settings.train
    return training_stream(
        data,
        batch_size=train.batch_size,
        ul_batch_size=train.ul_batch_size if settings.uses_unlabeled else None,
        seed=train.seed,
        start_step=start_step,
        aug_trans=settings.data.aug_trans,
        aug_flip=settings.data.aug_flip,
    )
