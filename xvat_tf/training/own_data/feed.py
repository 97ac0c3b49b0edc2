"""What a trainer is fed with: labeled and unlabeled batches together."""

import dataclasses
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from xvat_tf.data.streams import merged
from xvat_tf.errors import UserError
from xvat_tf.training.own_data import labels as labels_in
from xvat_tf.training.own_data.batch_checks import BatchChecks, check_batch
from xvat_tf.training.own_data.parts import Arrays, Part


@dataclasses.dataclass(frozen=True, eq=False)
class Feed:
    """What `fit` trains on.

    Attributes:
        floating: Puts the perturbed input in Keras' float type.
        labeled: Labeled inputs.
        unlabeled: Unlabeled inputs, or None.
        class_weight: Weight by class, or None.
        options: Of `keras.Model.fit`: validation data that were split off.
    """

    floating: Callable
    labeled: Part
    unlabeled: Part | None
    class_weight: Mapping[int, float] | None
    options: Mapping

    @property
    def keras_options(self) -> dict:
        """Options of `keras.Model.fit` that the data decide.

        The length of an epoch is missing if no dataset knows its own.
        """
        parts = [self.labeled, *([self.unlabeled] if self.unlabeled else [])]
        steps = [part.steps for part in parts]
        known = [count for count in steps if count]
        epoch = {"steps_per_epoch": max(known)} if known else {}
        return {**self.options, **epoch}

    def example(self):
        """The inputs of the first labeled batch."""
        batches = self.labeled.batches(0).map(self._labeled_batch)
        for batch in batches.take(1):
            return batch["images"]
        raise UserError("x gives no batch: there is nothing to train on.")

    def num_rows(self, with_labeled: bool) -> int:
        """Rows of a mask table: an index for each regularised input.

        Args:
            with_labeled: Whether labeled inputs have rows besides those of
                unlabeled ones.

        Raises:
            UserError: A dataset has no index for its inputs.
        """
        parts = [self.unlabeled or self.labeled]
        if with_labeled and self.unlabeled:
            parts.append(self.labeled)
        rows = [part.num_rows for part in parts]
        if None in rows:
            raise UserError(
                "transductive masks have a row per input, and a"
                " tf.data.Dataset does not number its inputs: give arrays, or"
                " choose mask_model='inductive'."
            )
        return sum(rows)

    def stream(
        self, num_outputs: int, start_step: int, checks: BatchChecks
    ) -> tf.data.Dataset:
        """Batches of the train step, from `start_step` on, without an end.

        Raises:
            UserError: The values of arrays do not serve.
        """
        self._check_values(num_outputs)
        labeled = self.labeled.batches(start_step).map(self._labeled_batch)
        if not isinstance(self.labeled.source, Arrays):
            labeled = labeled.map(lambda batch: checks.on(batch, num_outputs))
        parts = [labeled.map(lambda batch: self._finished(batch, num_outputs))]
        if self.unlabeled is not None:
            batches = self.unlabeled.batches(start_step)
            if not isinstance(self.unlabeled.source, Arrays):
                batches = batches.map(checks.unlabeled)
            parts.append(batches.map(self._unlabeled_batch))
        return merged(*parts)

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

    def _finished(self, batch, num_outputs):
        """Labels for the loss, as metrics take them, and weights."""
        targets = batch["labels"]
        labels = labels_in.canonical(targets, num_outputs)
        floatx = tf.as_dtype(keras.config.floatx())
        finished = batch | {"labels": labels, "targets": targets}
        weights = []
        if "weights" in batch:
            weights.append(labels_in.flat(batch["weights"], floatx))
        if self.class_weight is not None:
            weights.append(labels_in.class_weights(self.class_weight, labels))
        if weights:
            finished["weights"] = tf.reduce_prod(tf.stack(weights), axis=0)
        return finished

    def _unlabeled_batch(self, *elements):
        if isinstance(self.unlabeled.source, Arrays):
            batch = elements[0]
        else:
            images = elements[0]
            batch = {"images": images, "indices": _places(images)}
        return {
            "unlabeled_images": self.floating(batch["images"]),
            "unlabeled_indices": batch["indices"],
        }


def _named(elements):
    images, labels, *weights = elements
    batch = {"images": images, "labels": labels, "indices": _places(images)}
    return batch | ({"weights": weights[0]} if weights else {})


def _places(images):
    """Positions in a batch: a dataset has no index for its inputs."""
    return tf.range(tf.shape(tf.nest.flatten(images)[0])[0])
