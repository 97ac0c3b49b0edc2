"""What a trainer is fed with: labeled and unlabeled batches together."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from xvat_tf.data.streams import merged
from xvat_tf.errors import UserError
from xvat_tf.training.own_data import labels as labels_in
from xvat_tf.training.own_data.batch_checks import BatchChecks, check_batch
from xvat_tf.training.own_data.class_weight import ClassWeight, by_class
from xvat_tf.training.own_data.parts import (
    INFINITE,
    UNKNOWN,
    Arrays,
    Part,
    Start,
    with_next,
)


@dataclasses.dataclass(frozen=True, eq=False)
class Feed:
    """What `fit` trains on.

    Attributes:
        floating: Puts the perturbed input in Keras' float type.
        labeled: Labeled inputs.
        unlabeled: Unlabeled inputs, or None.
        class_weight: As users give it, or None.
        steps_per_epoch: As users give it, or None.
    """

    floating: Callable
    labeled: Part
    unlabeled: Part | None
    class_weight: ClassWeight | None
    steps_per_epoch: int | None

    @property
    def epoch_steps(self) -> int | None:
        """Steps in an epoch, unless given those of a pass over the larger set.

        Where a length is not known it is a pass over x, as in Keras; None if
        that is the unknown one: then the epoch ends where x ends.

        Raises:
            UserError: x has no end.
        """
        if self.steps_per_epoch is not None:
            return self.steps_per_epoch
        parts = [part for part in (self.labeled, self.unlabeled) if part]
        lengths = [part.steps for part in parts]
        if lengths[0] == UNKNOWN:
            return None
        steps = max(length for length in lengths if length != UNKNOWN)
        if steps == INFINITE:
            raise UserError("x has no end: give steps_per_epoch.")
        return steps

    def example(self):
        """The inputs of the first labeled batch.

        Raises:
            UserError: There is no labeled or no unlabeled batch.
        """
        parts = {"x": self.labeled, "unlabeled": self.unlabeled}
        for name, part in parts.items():
            if part is not None and not list(part.first()):
                raise UserError(
                    f"{name} gives no batch: there is nothing to train on."
                )
        (batch,) = self.labeled.first().map(self._labeled_batch)
        return batch["images"]

    def num_rows(self, with_labeled: bool) -> int:
        """Rows of a mask table: an index for each regularised input.

        Args:
            with_labeled: Whether labeled inputs have rows in addition to
                unlabeled ones.

        Raises:
            UserError: A dataset has no index for its inputs.
        """
        parts = [self.unlabeled or self.labeled]
        if with_labeled and self.unlabeled:
            parts.append(self.labeled)
        rows = [part.num_rows for part in parts]
        known = [count for count in rows if count is not None]
        if len(known) < len(rows):
            raise UserError(
                "transductive masks have a row per input, and a"
                " tf.data.Dataset does not number its inputs: give arrays, or"
                " choose mask_model='inductive'."
            )
        return sum(known)

    def require_rows(self, count: int, with_labeled: bool) -> None:
        """Refuses other numbers of inputs than a mask table has rows.

        Args:
            count: Rows of the table.
            with_labeled: As in `num_rows`.

        Raises:
            UserError: They differ.
        """
        rows = self.num_rows(with_labeled)
        if rows != count:
            raise UserError(
                f"the mask table has {count} rows and the data {rows} inputs:"
                " a row belongs to an input, so train on the same inputs."
            )

    def require_numbered(self, method: str) -> None:
        """Refuses unlabeled batches that can only be read from the first on.

        Raises:
            UserError: They can.
        """
        if self.unlabeled is not None and self.unlabeled.num_rows is None:
            raise UserError(
                f"{method} takes its unlabeled batch from arrays: give"
                " unlabeled inputs as arrays, or call fit."
            )

    def stream(
        self, num_outputs: int, start: Start, checks: BatchChecks
    ) -> tf.data.Dataset:
        """Batches of the train step.

        They have no end, unless an epoch ends where x ends: then they are
        those of one epoch, and unlabeled ones go on where the last has ended.

        Raises:
            UserError: The values of arrays do not serve.
        """
        self._check_values(num_outputs)
        batches = self._labeled_batches(num_outputs, start, checks)
        if self.unlabeled is None:
            return merged(batches)
        others = self.unlabeled.batches(start)
        if self.unlabeled.num_rows is None:
            others = others.map(lambda *parts: self.floating(parts[0]))
            others = others.map(lambda images: checks.unlabeled(images)[0])
        others = others.map(self._unlabeled_batch)
        if self.epoch_steps is None and self.unlabeled.num_rows is None:
            return with_next(batches, others)
        return merged(batches, others)

    def _labeled_batches(self, num_outputs, start, checks):
        weights = self._weights(num_outputs)
        endless = self.epoch_steps is not None
        batches = (
            self.labeled.batches(start) if endless else self.labeled.one_pass()
        ).map(self._labeled_batch)
        if not isinstance(self.labeled.source, Arrays):
            batches = batches.map(lambda batch: checks.on(batch, num_outputs))
        return batches.map(lambda batch: _finished(batch, num_outputs, weights))

    def _weights(self, num_outputs):
        if self.class_weight is None:
            return None
        source = self.labeled.source
        is_array = isinstance(source, Arrays)
        labels = source.arrays["labels"] if is_array else None
        return by_class(self.class_weight, labels, num_outputs)

    def _check_values(self, num_outputs):
        """Of arrays all; of datasets what their types tell."""
        parts = {"x": self.labeled, "unlabeled": self.unlabeled}
        for name, part in parts.items():
            if part is not None and isinstance(part.source, Arrays):
                check_batch(part.source.arrays, num_outputs, name)
        if not isinstance(self.labeled.source, Arrays):
            labels = self.labeled.source.element_spec[1]
            labels_in.check_spec("y", labels, num_outputs)

    def _labeled_batch(self, *elements):
        if isinstance(self.labeled.source, Arrays):
            (batch,) = elements
        else:
            batch = _named(elements)
        return batch | {"images": self.floating(batch["images"])}

    def _unlabeled_batch(self, batch):
        if self.unlabeled.num_rows is None:
            batch = {"images": batch, "indices": _places(batch)}
        return {
            "unlabeled_images": self.floating(batch["images"]),
            "unlabeled_indices": batch["indices"],
        }


def _named(elements):
    images, labels, *weights = elements
    batch = {"images": images, "labels": labels, "indices": _places(images)}
    return batch | ({"weights": weights[0]} if weights else {})


def _finished(batch, num_outputs, class_weight):
    """Labels for the loss, as metrics take them, and weights."""
    targets = batch["labels"]
    labels = labels_in.canonical(targets, num_outputs)
    floatx = tf.as_dtype(keras.config.floatx())
    finished = batch | {"labels": labels, "targets": targets}
    weights = []
    if "weights" in batch:
        weights.append(labels_in.flat(batch["weights"], floatx))
    if class_weight is not None:
        weights.append(labels_in.class_weights(class_weight, labels))
    if weights:
        finished["weights"] = tf.reduce_prod(tf.stack(weights), axis=0)
    return finished


def _places(images):
    """Positions in a batch: a dataset has no index for its inputs."""
    return tf.range(tf.shape(tf.nest.flatten(images)[0])[0])
