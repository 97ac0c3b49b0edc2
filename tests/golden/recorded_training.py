"""Train steps on recorded batches with recorded noise.

The steps are those of `Trainer.train_step`; only the noise comes from a file,
and what a check wants to see (gradients, the perturbed images) is kept.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.records.tags import CROSS_ENTROPY, TOTAL
from xvat_tf.reference.side_by_side.gradient_step import Step, gradient_step
from xvat_tf.reference.side_by_side.quantity import Quantity, relative
from xvat_tf.training.objectives import MaximumLikelihood


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

    It is the start direction of vat, or uniform numbers of the mask. Rows of
    the mask table are 0, 1, ... if none are given.
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


class Recorded(MaximumLikelihood):
    """An objective whose noise comes with the batch.

    It keeps the images of the last perturbed pass.
    """

    def __init__(self, objective):
        super().__init__(objective.settings, objective.generator)
        self._objective = objective
        self.perturbed_images = None

    @property
    def tags(self):
        return self._objective.tags

    @property
    def weights(self):
        return self._objective.weights

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
    """Passes that remember what the perturbed one was given."""

    def __init__(self, passes):
        self._passes, self.last = passes, None

    def __getattr__(self, name):
        return getattr(self._passes, name)

    def apart(self, inputs):
        return inputs, self

    def perturbed(self, images, noise):
        self.last = images
        return self._passes.perturbed(images, noise)


@dataclasses.dataclass(frozen=True)
class RecordedStep(Step):
    """A step on a recorded batch."""

    perturbed_images: np.ndarray | None


def recorded_step(
    classifier: keras.Model, objective, batch: dict
) -> RecordedStep:
    """One train step whose gradients are kept, not applied.

    The classifier's statistics move, its weights do not.
    """
    recorded = Recorded(objective)
    step = gradient_step(classifier, recorded, batch)
    perturbed = recorded.perturbed_images
    perturbed = None if perturbed is None else perturbed.numpy()
    return RecordedStep(**vars(step), perturbed_images=perturbed)


def relatives(
    arrays: Mapping[str, np.ndarray], prefix: str, found: Mapping, bar: float
) -> Iterator[Quantity]:
    """Compares values by key with those recorded in double precision."""
    for key, value in found.items():
        name = f"{prefix}{key}"
        yield relative(name, value, arrays[f"{name}_f64"], bar)


def unlabeled_loss(values: Mapping[str, float], objective) -> float:
    """The total without the clean cross entropy: xvat's `ul_loss`."""
    weight = objective.weights[CROSS_ENTROPY]
    return values[TOTAL] - weight * values[CROSS_ENTROPY]
