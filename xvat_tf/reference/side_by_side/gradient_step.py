"""One train step whose gradients are kept instead of applied."""

import dataclasses
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.records.tags import by_tag
from xvat_tf.training import Trainer


class GradientRecorder(keras.optimizers.SGD):
    """Keeps the gradients it is given and changes nothing."""

    def apply(self, grads, trainable_variables=None):
        self.gradients = tuple(tf.convert_to_tensor(g).numpy() for g in grads)


@dataclasses.dataclass(frozen=True)
class Step:
    """What one train step computed: the batch mean of each tag, and gradients.

    They are of the total, by path of the classifier's variable; those of the
    generator are not negated.
    """

    values: Mapping[str, float]
    gradients: Mapping[str, np.ndarray]
    generator_gradients: tuple[np.ndarray, ...]


def make_batch(images, labels, unlabeled_images=None) -> dict[str, tf.Tensor]:
    """A batch as a training stream gives it, of the first rows."""
    batch = {"images": images, "labels": labels}
    batch["indices"] = np.arange(len(images))
    if unlabeled_images is not None:
        batch["unlabeled_images"] = unlabeled_images
        batch["unlabeled_indices"] = np.arange(len(unlabeled_images))
    return {name: tf.constant(value) for name, value in batch.items()}


def gradient_step(
    classifier: keras.Model, objective, batch: dict, seed: int = 0
) -> Step:
    """Runs step 0 of `Trainer.train_step` eagerly; no weight changes.

    Moving statistics and random states of the classifier move. The batch has
    tensors by the keys of a training stream; the seed is that of the noise.
    """
    trainer = Trainer(classifier, objective, seed=seed)
    trainer.compile(GradientRecorder(), GradientRecorder())
    values, ascent = take_step(trainer, batch), ()
    if objective.generator is not None:
        ascent = tuple(-g for g in trainer.generator_optimizer.gradients)
    paths = [variable.path for variable in classifier.trainable_variables]
    descent = zip(paths, trainer.optimizer.gradients, strict=True)
    return Step(values, dict(descent), ascent)


def take_step(trainer: Trainer, batch: dict, step=None) -> dict[str, float]:
    """Takes one train step and returns the batch mean of every value, by tag.

    The step is eager, or `trainer.train_step` compiled, which is given.
    """
    trainer.reset_metrics()
    return by_tag((step or trainer.train_step)(batch))
