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
    """What one train step computed.

    Attributes:
        values: Batch mean by tag.
        gradients: Gradient of the total by path of the classifier's variable.
        generator_gradients: The same of the generator, not negated.
    """

    values: Mapping[str, float]
    gradients: Mapping[str, np.ndarray]
    generator_gradients: tuple[np.ndarray, ...]


def gradient_step(
    classifier: keras.Model, objective, batch: dict, seed: int = 0
) -> Step:
    """Runs `Trainer.train_step` eagerly; no weight changes.

    Args:
        classifier: Its moving statistics and random states move.
        objective: An objective.
        batch: Tensors by the keys of a training stream.
        seed: Of the noise; the step is step 0.

    Returns:
        The values and gradients.
    """
    trainer = Trainer(classifier, objective, seed=seed)
    trainer.compile(GradientRecorder(), GradientRecorder())
    values = take_step(trainer, batch)
    variables = classifier.trainable_variables
    gradients = trainer.optimizer.gradients
    ascending = objective.generator is not None
    return Step(
        values,
        {v.path: g for v, g in zip(variables, gradients, strict=True)},
        tuple(-g for g in trainer.generator_optimizer.gradients)
        if ascending
        else (),
    )


def take_step(trainer: Trainer, batch: dict, step=None) -> dict[str, float]:
    """One train step.

    Args:
        trainer: Its metrics are reset before.
        batch: Tensors by the keys of a training stream.
        step: `trainer.train_step`, compiled; default runs it eagerly.

    Returns:
        Batch mean of every value, by tag.
    """
    trainer.reset_metrics()
    logs = (step or trainer.train_step)(batch)
    return by_tag(logs)
