"""Evaluation of a finished or stopped run from one of its checkpoints."""

from xvat_tf.training import evaluation
from xvat_tf.training.restoring import Restored


def evaluate_run(
    restored: Restored, *, finetune_iter: int, finetune_batch_size: int
) -> dict:
    """Evaluates a run's checkpoint on the whole test set.

    Args:
        restored: The run at that checkpoint. Re-estimation changes the
            statistics of its classifier.
        finetune_iter: Passes of the official batch-norm re-estimation before
            a second evaluation; 0 leaves it out.
        finetune_batch_size: Labeled images in such a pass, all of them if
            there are fewer.

    Returns:
        The numbers of `evaluation.report`, step and folder, and the same
        numbers under `after_reestimation`.
    """
    classifier, images = restored.classifier, restored.data.labeled_images
    finetune_batch_size = min(finetune_batch_size, len(images))
    result = {
        "log_dir": str(restored.folder.path),
        "step": restored.step,
        "evaluated_on": restored.settings.data.evaluated_on,
        **measure(restored),
    }
    if finetune_iter and evaluation.has_statistics(classifier):
        evaluation.reestimate_statistics(
            classifier, images, finetune_batch_size, finetune_iter
        )
        result["after_reestimation"] = {
            "finetune_iter": finetune_iter,
            "finetune_batch_size": finetune_batch_size,
            **measure(restored),
        }
    return result


def measure(restored: Restored) -> dict:
    """The numbers of `evaluation.report` on the whole test set."""
    data, batch = restored.data, restored.settings.train.eval_batch_size
    predict = evaluation.Predictor(restored.classifier, batch)
    return evaluation.report(predict(data.test_images), data.test_labels)
