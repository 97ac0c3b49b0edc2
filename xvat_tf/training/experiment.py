"""One run from settings to results: data, networks, fit, records."""

import contextlib
import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
import tqdm

from xvat_tf.data import PreparedData
from xvat_tf.data.shard_damage import damage_named
from xvat_tf.data.streams import training_order, training_stream
from xvat_tf.perturbations import coarsest_spacing
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.records.extension import schedule_text
from xvat_tf.records.forms import Progress
from xvat_tf.settings import Settings
from xvat_tf.training import callbacks, health, loop
from xvat_tf.training.building import build_trainer
from xvat_tf.training.checkpoints import Checkpoints, Snapshots
from xvat_tf.training.evaluation.evaluator import Evaluator
from xvat_tf.training.monitoring import EventFiles, Monitor, Panels
from xvat_tf.training.monitoring.overview import write_settings
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
    observers: Sequence[keras.callbacks.Callback] = (),
) -> Outcome:
    """Trains, or continues, the run that lives in a folder.

    Args:
        settings: Settings of the run.
        folder: Its folder, opened by the chief.
        data: Its data.
        distribution: The replicas that train. Every worker calls this; only
            the chief writes.
        observers: Callbacks of the caller, called before the run's own.

    Returns:
        How it ended. A stopped run has a checkpoint of its last step.

    Raises:
        UserError: The loss is not finite, a checkpoint or a shard is
            damaged, or something cannot be written.
        WorkerLostError: Another worker of the group is gone.
    """
    with watched(distribution):
        return _run(settings, folder, data, distribution, observers)


def _run(settings, folder, data, distribution, observers):
    trainer = build_trainer(settings, data, distribution)
    if distribution.is_chief:
        folder.record_start(settings, data.split, data.sha256, data.class_names)
    checkpoints = Checkpoints(folder, trainer, settings.train.keep_checkpoints)
    with distribution.scope():
        progress = checkpoints.restore()
    _require_one_run(distribution, folder, data, progress)
    if distribution.is_chief:
        print(opening(settings, data, trainer, folder.path))
        if progress.step:
            print(f"continuing after step {progress.step}")
        folder.extend(settings, progress.step)
        if folder.was_extended_at(progress.step):
            rate = learning_rate(settings.train, progress.step)
            print(schedule_text(settings.train, progress.step, rate))
            folder.say_if_versions_changed()
    log = None
    if distribution.is_chief:
        log = MetricsLog(folder, progress, settings.method.weights)

    def write_results(status):
        if log is None:
            return {"status": status}
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
    results = write_results(status)
    # Nobody leaves before the chief has written.
    distribution.any(False)
    return Outcome(results, received)


def _require_one_run(distribution, folder, data, progress):
    """All workers have the same data and found the same checkpoint."""
    hashes = (data.split.sha256, data.sha256)
    distribution.require_same(
        [progress.step, *(int(sha256[:6], 16) for sha256 in hashes)],
        "the workers do not see the same data or the same checkpoints: give"
        f" all of them the same data and a shared --log_dir={folder.path}.",
    )


def _fit(
    settings, folder, data, trainer, checkpoints, log, progress, observers
):
    """Runs `fit` to the end; returns the signal that stopped it, or None."""
    step, distribution = progress.step, trainer.distribution
    with contextlib.ExitStack() as stack:
        stack.enter_context(distribution.scope())
        stop = stack.enter_context(callbacks.StopOnSignal())
        used = [*observers, callbacks.DivergenceGuard(checkpoints), stop]
        reached = Progress  # Which the chief alone writes.
        if distribution.is_chief:
            bar = callbacks.ShownProgress(settings.train, step)
            used.append(stack.enter_context(contextlib.closing(bar)))
            used += _probe_check(settings.method, data, trainer)
            monitor = _monitor(settings, folder, data, trainer, log, progress)
            used.append(monitor)
            reached = monitor.progress
        used += [
            Snapshots(folder, settings.train, step, distribution.is_chief),
            callbacks.PeriodicCheckpoint(
                checkpoints, settings.train, reached, log
            ),
        ]
        steps = _step_loop(settings, data, trainer, step)
        loop.fit(trainer, steps, used, settings.train, step)
    return stop.received


def _probe_check(method, data, trainer):
    """Says which share of the images goes without r, or if all do."""
    few = tf.convert_to_tensor(data.labeled_images[:_PROBED])
    unit = coarsest_spacing(trainer.classifier)

    def say(text):
        tqdm.tqdm.write(f"note: {text}")

    return health.probe_checks(method, few, unit, say, "--")


def _monitor(settings, folder, data, trainer, log, progress):
    evaluator = Evaluator(trainer, data, settings)
    events = EventFiles(folder, progress)
    if folder.was_extended_at(progress.step):
        write_settings(events, settings, progress.step)
    panels = Panels(trainer, data, settings, events)
    # TensorBoard takes Unicode only.
    name = ascii(folder.path.resolve().name)[1:-1]
    return Monitor(events, settings, log, evaluator, panels, name, progress)


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
