"""What a trainer is fed with: labeled and unlabeled batches together."""

import dataclasses
import warnings
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from xvat_tf.data.array_checks import differing_scales
from xvat_tf.data.streams import merged
from xvat_tf.errors import UserError
from xvat_tf.training.own_data import labels as labels_in
from xvat_tf.training.own_data.batch_checks import BatchChecks, check_batch
from xvat_tf.training.own_data.labels import ClassWeight, by_class
from xvat_tf.training.own_data.python_batches import with_next
from xvat_tf.training.own_data.sources import Arrays, Source, Start


@dataclasses.dataclass(frozen=True, eq=False)
class Feed:
    """What `fit` trains on.

    `floating` puts the perturbed input in Keras' float type; class weights and
    steps per epoch are as users give them.
    """

    floating: Callable
    labeled: Source
    unlabeled: Source | None
    class_weight: ClassWeight | None
    steps_per_epoch: int | None

    @property
    def epoch_steps(self) -> int | None:
        """Steps in an epoch, unless given those of a pass over the larger set.

        Where a length is not known it is a pass over x, as in Keras; None if
        that is the unknown one: then the epoch ends where x ends. A UserError
        says that x has no end.
        """
        if self.steps_per_epoch is not None:
            return self.steps_per_epoch
        lengths = [source.steps for source in self._sources.values()]
        if lengths[0] == tf.data.UNKNOWN_CARDINALITY:
            return None
        steps = max(
            length
            for length in lengths
            if length != tf.data.UNKNOWN_CARDINALITY
        )
        if steps == tf.data.INFINITE_CARDINALITY:
            raise UserError("x has no end: give steps_per_epoch.")
        return steps

    # As `training_stream`.
    @tf.autograph.experimental.do_not_convert
    def example(self):
        """The inputs of the first labeled batch; refuses to have none.

        Warns if unlabeled ones are on another scale.
        """
        found = {}
        for name, source in self._sources.items():
            for batch in source.first().map(self._floated):
                found[name] = batch["images"]
            if name not in found:
                raise UserError(
                    f"{name} gives no batch: there is nothing to train on."
                )
        for pair in _of_one_input(found):
            for text in differing_scales(pair):
                warnings.warn(text, stacklevel=2)
        return found["x"]

    def num_rows(self, with_labeled: bool) -> int:
        """Rows of a table: an index for each regularised input.

        Perhaps with those of labeled inputs in addition to unlabeled ones. A
        UserError says that a dataset has no index for its inputs.
        """
        rows = [(self.unlabeled or self.labeled).num_rows]
        if with_labeled and self.unlabeled:
            rows.append(self.labeled.num_rows)
        known = [count for count in rows if count is not None]
        if len(known) < len(rows):
            raise UserError(
                "transductive masks and temporal ensembling have a row per"
                " input, and a tf.data.Dataset does not number its inputs:"
                " give arrays, or choose mask_model='inductive' or another"
                " method."
            )
        return sum(known)

    def require_rows(self, count: int, with_labeled: bool) -> None:
        """Refuses, with a UserError, other than `count` rows of a table."""
        rows = self.num_rows(with_labeled)
        if rows != count:
            raise UserError(
                f"the table has {count} rows and the data {rows} inputs:"
                " a row belongs to an input, so train on the same inputs."
            )

    def require_numbered(self, method: str) -> None:
        """Refuses, with a UserError, unlabeled batches that are no arrays."""
        if self.unlabeled is not None and self.unlabeled.num_rows is None:
            raise UserError(
                f"{method} takes its unlabeled batch from arrays: give"
                " unlabeled inputs as arrays, or call fit."
            )

    @tf.autograph.experimental.do_not_convert
    def stream(
        self, num_outputs: int, start: Start, checks: BatchChecks
    ) -> tf.data.Dataset:
        """Batches of the train step; raises a UserError for values of arrays.

        They have no end, unless an epoch ends where x ends: then they are
        those of one epoch, and unlabeled ones go on where the last has ended.
        """
        for name, source in self._sources.items():
            if isinstance(source, Arrays):
                check_batch(source.arrays, num_outputs, name)
        batches = self._labeled_batches(num_outputs, start, checks)
        if self.unlabeled is None:
            return merged(batches)
        others = self.unlabeled.batches(start).map(self._floated_inputs)
        numbered = isinstance(self.unlabeled, Arrays)
        if not numbered:
            others = others.map(lambda batch: checks.on(batch, 0, "unlabeled"))
        others = others.map(
            lambda batch: {f"unlabeled_{k}": v for k, v in batch.items()}
        )
        if self.epoch_steps is None and not numbered:
            return with_next(batches, others)
        return merged(batches, others)

    @property
    def _sources(self):
        sources = {"x": self.labeled, "unlabeled": self.unlabeled}
        return {name: source for name, source in sources.items() if source}

    def _labeled_batches(self, num_outputs, start, checks):
        weights, source = None, self.labeled
        if self.class_weight is not None:
            weights = by_class(self.class_weight, source.labels, num_outputs)
        ends = self.epoch_steps is None
        batches = source.one_pass() if ends else source.batches(start)
        batches = batches.map(self._floated)
        if not isinstance(source, Arrays):
            labels_in.check_spec("y", source.element_spec[1], num_outputs)
            batches = batches.map(lambda batch: checks.on(batch, num_outputs))
        return batches.map(lambda batch: _finished(batch, num_outputs, weights))

    def _floated(self, batch):
        return batch | {"images": self.floating(batch["images"])}

    def _floated_inputs(self, batch):
        images = self.floating(batch["images"])
        return {"images": images, "indices": batch["indices"]}


def _of_one_input(found):
    """The dense tensors of each input that all sources have, by source."""
    parts = {
        name: images if isinstance(images, Mapping) else {"": images}
        for name, images in found.items()
    }
    for key in set.intersection(*map(set, parts.values())):
        pair = {name: part[key] for name, part in parts.items()}
        if all(isinstance(values, tf.Tensor) for values in pair.values()):
            yield pair


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
