"""Evaluation of a finished or stopped run from one of its checkpoints."""

import dataclasses

from xvat_tf.data import prepare
from xvat_tf.models import build_classifier
from xvat_tf.records import RunFolder
from xvat_tf.settings import Settings
from xvat_tf.training import evaluation
from xvat_tf.training.weights import read_checkpoint


def evaluate_run(
    settings: Settings,
    folder: RunFolder,
    *,
    checkpoint: str,
    finetune_iter: int,
    finetune_batch_size: int,
) -> dict:
    """Evaluates a run's checkpoint on the whole test set.

    Args:
        settings: Settings of the run.
        folder: Its folder.
        checkpoint: `"latest"`, or `"best"` by the evaluations of the run.
        finetune_iter: Passes of the official batch-norm re-estimation before
            a second evaluation; 0 leaves it out.
        finetune_batch_size: Labeled images in such a pass, all of them if
            there are fewer.

    Returns:
        The numbers of `evaluation.report`, step and folder, and the same
        numbers under `after_reestimation`.

    Raises:
        UserError: No checkpoint, a damaged one, or unusable data.
    """
    # No unlabeled image is evaluated: shards need not be there.
    arrays = dataclasses.replace(settings.data, streaming=False)
    data = prepare(arrays, dtype=settings.train.dtype)
    finetune_batch_size = min(finetune_batch_size, len(data.labeled_images))
    classifier = build_classifier(
        settings.network, data.image_shape, data.num_classes, 0
    )
    weights = read_checkpoint(folder, checkpoint)
    weights.put_into(classifier)
    predict = evaluation.Predictor(classifier, settings.train.eval_batch_size)

    def report():
        return evaluation.report(predict(data.test_images), data.test_labels)

    result = {
        "log_dir": str(folder.path),
        "step": weights.step,
        "evaluated_on": settings.data.evaluated_on,
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
