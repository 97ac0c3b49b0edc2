"""Train steps on recorded batches with recorded noise.

The steps are those of `Trainer.train_step`; only the noise comes from a file,
and what a check wants to see (gradients, the perturbed images) is kept.
"""

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.tags import CROSS_ENTROPY, TOTAL
from xvat_tf.training import Trainer


@contextlib.contextmanager
def precision(dtype: str) -> Iterator[None]:
    """Layers and optimizers made within are of `dtype`."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def tensor(array: np.ndarray) -> tf.Tensor:
    """A tensor of the type of the enclosing `precision`."""
    return tf.constant(array, keras.config.floatx())


def make_batch(images, labels, noise=0.0, unlabeled=None, rows=None) -> dict:
    """A batch of `Trainer.train_step` that brings its noise.

    Args:
        images: float, `(n, ...)`.
        labels: Integers, `(n,)`.
        noise: Start direction of vat, or uniform numbers of the mask.
        unlabeled: float, `(m, ...)`, or None without an unlabeled batch.
        rows: Integers, rows of the mask table; default 0, 1, ...

    Returns:
        Tensors by the keys of a training stream, and `noise`.
    """
    batch = {
        "images": tensor(images),
        "labels": tf.constant(labels, tf.int32),
        "noise": tensor(noise),
    }
    regularised = images if unlabeled is None else unlabeled
    rows = np.arange(len(regularised)) if rows is None else rows
    if unlabeled is None:
        return batch | {"indices": tf.constant(rows, tf.int32)}
    return batch | {
        "indices": tf.range(len(images)),
        "unlabeled_images": tensor(unlabeled),
        "unlabeled_indices": tf.constant(rows, tf.int32),
    }


class Recorded:
    """An objective whose noise comes with the batch.

    Args:
        objective: One of `OBJECTIVES`, made.

    Attributes:
        perturbed_images: Images of its last pass, after an eager call.
    """

    def __init__(self, objective):
        self._objective = objective
        self.generator = objective.generator
        self.tags, self.weights = objective.tags, objective.weights
        self.perturbed_images = None

    def __call__(self, batch, passes, noise):
        watched = _WatchedPasses(passes)
        noise = _RecordedNoise(batch["noise"])
        values = self._objective(batch, watched, noise)
        self.perturbed_images = watched.last
        return values


class _RecordedNoise:
    """Stands in for `StepNoise`."""

    def __init__(self, values):
        self._values = values

    def normal(self, like):
        return tf.ensure_shape(self._values, like.shape)

    uniform = normal


class _WatchedPasses:
    """Passes that remember what the last traceless one was given."""

    def __init__(self, passes):
        self._passes = passes
        self.stateful, self.untaped = passes.stateful, passes.untaped
        self.last = None

    def traceless(self, images):
        self.last = images
        return self._passes.traceless(images)


class _GradientRecorder(keras.optimizers.SGD):
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
        perturbed_images: Images of the perturbed pass, or None.
    """

    values: Mapping[str, float]
    gradients: Mapping[str, np.ndarray]
    generator_gradients: tuple[np.ndarray, ...]
    perturbed_images: np.ndarray | None


def gradient_step(classifier: keras.Model, objective, batch) -> Step:
    """One train step whose gradients are kept, not applied.

    Args:
        classifier: Its moving statistics move, its weights do not.
        objective: One of `OBJECTIVES`, made.
        batch: From `make_batch`.

    Returns:
        The values and gradients.
    """
    recorded = Recorded(objective)
    trainer = Trainer(
        classifier, recorded, _GradientRecorder(), _GradientRecorder()
    )
    values = take_step(trainer, batch)
    variables = classifier.trainable_variables
    gradients = trainer.optimizer.gradients
    ascending = objective.generator is not None
    perturbed = recorded.perturbed_images
    return Step(
        values,
        {v.path: g for v, g in zip(variables, gradients, strict=True)},
        tuple(-g for g in trainer.generator_optimizer.gradients)
        if ascending
        else (),
        None if perturbed is None else perturbed.numpy(),
    )


def take_step(trainer: Trainer, batch, step=None) -> dict[str, float]:
    """One train step.

    Args:
        trainer: Its metrics are reset before.
        batch: From `make_batch`.
        step: `trainer.train_step`, compiled; default runs it eagerly.

    Returns:
        Batch mean of every value, by tag.
    """
    trainer.reset_metrics()
    logs = (step or trainer.train_step)(batch)
    return {tag: float(value) for tag, value in logs.items()}


def unlabeled_loss(values: Mapping[str, float], objective) -> float:
    """The total without the clean cross entropy: xvat's `ul_loss`."""
    weight = objective.weights[CROSS_ENTROPY]
    return values[TOTAL] - weight * values[CROSS_ENTROPY]


class PyTorchEpsilon:
    """Lets a Keras Adam take PyTorch's steps.

    PyTorch adds epsilon to the square root of the bias-corrected second
    moment, Keras (and vat_tf) before the correction: the same steps if
    Keras' epsilon is sqrt(1 - beta_2^t) times PyTorch's.

    Args:
        optimizer: A Keras Adam; its epsilon is PyTorch's.
        loss_scale: Theirs is this many times our loss. Adam's step does not
            see the scale but for epsilon.
    """

    def __init__(self, optimizer: keras.optimizers.Adam, loss_scale=1.0):
        self._optimizer = optimizer
        self._epsilon = optimizer.epsilon / loss_scale
        self._steps = 0

    def before_step(self) -> None:
        """Sets the epsilon of the next eager step."""
        self._steps += 1
        correction = 1 - float(self._optimizer.beta_2) ** self._steps
        self._optimizer.epsilon = self._epsilon * math.sqrt(correction)


class TensorFlow1Beta2:
    """Lets a Keras Adam take the steps of TensorFlow 1.

    Its beta_2, a Python number, became a single-precision constant, and the
    power beta_2^t was accumulated in single precision, even with
    double-precision variables. beta_1 of vat_tf is fed and stays exact.

    Args:
        optimizer: Made by `schedules.classifier_optimizer`.
    """

    def __init__(self, optimizer: keras.optimizers.Adam):
        self._optimizer = optimizer
        self._beta_2 = np.float32(float(optimizer.beta_2))
        self._power = np.float32(1)
        self._steps = 0
        self._learning_rate = float(optimizer.learning_rate)
        optimizer.beta_2.assign(self._beta_2)

    def before_step(self) -> None:
        """Moves the rounding of the power into the learning rate."""
        self._steps += 1
        self._power *= self._beta_2
        exact = 1 - float(self._beta_2) ** self._steps
        ratio = math.sqrt((1 - float(self._power)) / exact)
        self._optimizer.learning_rate.assign(ratio * self._learning_rate)
