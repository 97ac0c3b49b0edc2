"""Evaluation of a finished or stopped run from one of its checkpoints."""

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.models import BatchNorm
from xvat_tf.training.building import Restored
from xvat_tf.training.evaluation.evaluator import Predictor
from xvat_tf.training.evaluation.metrics import report


def evaluate_run(
    restored: Restored, *, finetune_iter: int, finetune_batch_size: int
) -> dict:
    """Evaluates a run's checkpoint on the whole test set.

    After `finetune_iter` passes of the official batch-norm re-estimation, of
    so many labeled images or all if fewer, a second time: the numbers under
    `after_reestimation`. They change the statistics of the classifier.
    """
    classifier, images = restored.classifier, restored.data.labeled_images
    finetune_batch_size = min(finetune_batch_size, len(images))
    result = {
        "log_dir": str(restored.folder.path),
        "step": restored.step,
        "evaluated_on": restored.settings.data.evaluated_on,
        **measure(restored),
        **_other_weights(restored),
    }
    if restored.data.class_names:
        result["class_names"] = list(restored.data.class_names)
    if finetune_iter and has_statistics(classifier):
        reestimate_statistics(
            classifier, images, finetune_batch_size, finetune_iter
        )
        result["after_reestimation"] = {
            "finetune_iter": finetune_iter,
            "finetune_batch_size": finetune_batch_size,
            **measure(restored),
        }
    return result


def _other_weights(restored):
    """Which weights were asked for, and the numbers with the other ones."""
    if len(restored.versions) < 2:
        return {}
    asked = restored.weights
    (other,) = restored.versions.keys() - {asked}
    restored.versions[other].put_into(restored.classifier)
    found = {"weights": asked, other: measure(restored)}
    restored.versions[asked].put_into(restored.classifier)
    return found


def measure(restored: Restored) -> dict:
    """The numbers of `metrics.report` on the whole test set."""
    data, batch = restored.data, restored.settings.train.eval_batch_size
    predict = Predictor(restored.classifier, batch)
    return report(predict(data.test_images), data.test_labels)


def has_statistics(classifier: keras.Model) -> bool:
    """Whether the classifier has moving statistics of batch norm."""
    return any(
        isinstance(layer, BatchNorm | keras.layers.BatchNormalization)
        for layer in classifier._flatten_layers()
    )


def reestimate_statistics(
    classifier: keras.Model, images: np.ndarray, batch_size: int, steps: int
) -> None:
    """Moves batch-norm statistics by training-mode passes (test.py of vat_tf).

    Dropout's state moves too. `batch_size` is at most the number of images.
    """
    forward = tf.function(
        lambda batch: classifier(batch, training=True), autograph=False
    )
    rng = np.random.default_rng(0)
    for _ in range(steps):
        forward(images[rng.choice(len(images), batch_size, replace=False)])
