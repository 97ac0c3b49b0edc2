"""One run from settings to results: data, networks, fit, records."""

import dataclasses

from xvat_tf.data import PreparedData, prepare
from xvat_tf.data.streams import training_stream
from xvat_tf.errors import UserError
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.settings import Settings
from xvat_tf.training import callbacks, evaluation, schedules
from xvat_tf.training.checkpoints import Checkpoints, restore_classifier
from xvat_tf.training.monitor import Monitor, TestEvaluator
from xvat_tf.training.objectives import OBJECTIVES
from xvat_tf.training.trainer import Trainer


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        results: Content of results.json.
        signal: Number of the signal that stopped it, or None.
    """

    results: dict
    signal: int | None


def prepare_data(settings: Settings) -> PreparedData:
    """Loads, splits and scales the data, and checks that batches fit.

    Raises:
        UserError: The data is missing, damaged, or smaller than a batch.
    """
    data = prepare(settings.data, dtype=settings.train.dtype)
    _require_batch("batch_size", settings.train.batch_size, data.labeled_images)
    if settings.uses_unlabeled:
        _require_batch(
            "ul_batch_size", settings.train.ul_batch_size, data.unlabeled_images
        )
    return data


def _require_batch(flag, size, images):
    if size > len(images):
        kind = "unlabeled" if flag == "ul_batch_size" else "labeled"
        raise UserError(
            f"--{flag}={size} is more than the {len(images)} {kind} images:"
            f" give at most {len(images)}."
        )


def build_trainer(settings: Settings, data: PreparedData) -> Trainer:
    """Builds classifier, generator, objective and optimizers of a run.

    Args:
        settings: Settings of the run.
        data: Gives image shape, classes and the rows of the mask table.

    Returns:
        The trainer, built, at step 0.
    """
    method, seed = settings.method, settings.train.seed
    classifier = build_classifier(
        settings.network, data.image_shape, data.num_classes, seed
    )
    generator = generator_optimizer = None
    if method.uses_mask:
        masked = (
            data.unlabeled_images
            if settings.uses_unlabeled
            else data.labeled_images
        )
        generator = build_generator(
            method, data.image_shape, len(masked), seed
        )
        generator_optimizer = schedules.generator_optimizer(
            method.mask_model, method.generator_learning_rate
        )
    return Trainer(
        classifier,
        OBJECTIVES[method.method](method, generator),
        schedules.classifier_optimizer(settings.train),
        generator_optimizer,
        seed=seed,
    )


def run(settings: Settings, folder: RunFolder, data: PreparedData) -> Outcome:
    """Trains, or continues, the run that lives in a folder.

    Args:
        settings: Settings of the run.
        folder: Its folder, opened.
        data: Its data.

    Returns:
        Results and, if it was stopped, the signal. A stopped run has a
        checkpoint of its last step.

    Raises:
        UserError: The loss is not finite, a checkpoint is damaged, or
            something cannot be written.
    """
    folder.record_start(settings, data.split)
    trainer = build_trainer(settings, data)
    checkpoints = Checkpoints(folder, trainer)
    step = checkpoints.restore()
    log = MetricsLog(folder, step)
    evaluated_on = "validation" if settings.data.validation else "test"
    try:
        received = _fit(
            settings, folder, data, trainer, checkpoints, log, step
        )
    except callbacks.DivergedError:
        log.write_results("diverged", evaluated_on)
        raise
    status = "interrupted" if received else "finished"
    return Outcome(log.write_results(status, evaluated_on), received)


def _fit(settings, folder, data, trainer, checkpoints, log, step):
    """Runs `fit` from `step` to the end; returns a signal that stopped it."""
    evaluator = TestEvaluator(
        trainer, data.test_images, data.test_labels, settings
    )
    progress = callbacks.Progress(settings.train, step)
    with callbacks.StopOnSignal() as stop:
        used = [
            schedules.ScheduleCallback(settings.train, step),
            callbacks.DivergenceGuard(checkpoints, step),
            stop,
            progress,
            Monitor(folder, settings, log, evaluator, step),
            callbacks.PeriodicCheckpoint(
                checkpoints, settings.train.checkpoint_minutes, step
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
            if stop.received:
                break
    progress.close()
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


def evaluate_run(
    settings: Settings,
    folder: RunFolder,
    *,
    finetune_iter: int,
    finetune_batch_size: int,
) -> dict:
    """Evaluates a run's newest checkpoint on the whole test set.

    Args:
        settings: Settings of the run.
        folder: Its folder.
        finetune_iter: Passes of the official batch-norm re-estimation before
            a second evaluation; 0 leaves it out.
        finetune_batch_size: Labeled images in such a pass.

    Returns:
        The numbers of `evaluation.report`, step and folder, and the same
        numbers under `after_reestimation`.

    Raises:
        UserError: No checkpoint, a damaged one, or unusable data.
    """
    if finetune_iter < 0:
        raise UserError(f"--finetune_iter={finetune_iter} must be 0 or above.")
    data = prepare(settings.data, dtype=settings.train.dtype)
    if finetune_iter:
        _require_batch(
            "finetune_batch_size", finetune_batch_size, data.labeled_images
        )
    classifier = build_classifier(
        settings.network, data.image_shape, data.num_classes, 0
    )
    step = restore_classifier(folder, classifier)
    predict = evaluation.Predictor(classifier, settings.train.eval_batch_size)

    def report():
        return evaluation.report(predict(data.test_images), data.test_labels)

    result = {
        "log_dir": str(folder.path),
        "step": step,
        "evaluated_on": "validation" if settings.data.validation else "test",
        **report(),
    }
    if finetune_iter and evaluation.has_statistics(classifier):
        evaluation.reestimate_statistics(
            classifier, data.labeled_images, finetune_batch_size, finetune_iter
        )
        result["after_reestimation"] = {
            "finetune_iter": finetune_iter,
            "finetune_batch_size": finetune_batch_size,
            **report(),
        }
    return result
