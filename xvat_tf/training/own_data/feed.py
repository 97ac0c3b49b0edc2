"""What a trainer is fed with: labeled and unlabeled batches together."""

import dataclasses
import warnings
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from xvat_tf.data.array_checks import differing_scales
from xvat_tf.data.streams import merged
from xvat_tf.errors import UserError
from xvat_tf.training.own_data import values
from xvat_tf.training.own_data.python_batches import with_next
from xvat_tf.training.own_data.sources import Source, Start


@dataclasses.dataclass(frozen=True, eq=False)
class Feed:
    """What `fit` trains on.

    `floating` puts the perturbed input in Keras' float type; class weights and
    steps per epoch are as users give them.
    """

    floating: Callable
    labeled: Source
    unlabeled: Source | None
    class_weight: values.ClassWeight | None
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
        unknown = tf.data.UNKNOWN_CARDINALITY
        if lengths[0] == unknown:
            return None
        steps = max(length for length in lengths if length != unknown)
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
            for batch in source.one.map(self._floated):
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
        counts = [source.num_rows for source in self._sources.values()]
        counts = counts if with_labeled else counts[-1:]
        if None in counts:
            raise UserError(
                "transductive masks and temporal ensembling have a row per"
                " input, and a tf.data.Dataset does not number its inputs:"
                " give arrays, or choose mask_model='inductive' or another"
                " method."
            )
        return sum(counts)

    @tf.autograph.experimental.do_not_convert
    def stream(self, num_outputs: int, start: Start) -> tf.data.Dataset:
        """Batches of the train step; raises a UserError for values of arrays.

        They have no end, unless an epoch ends where x ends: then they are
        those of one epoch, and unlabeled ones go on where the last has ended.
        """
        ends, labeled = self.epoch_steps is None, self.labeled
        table = None
        if self.class_weight is not None:
            table = values.by_class(self.class_weight, num_outputs)
        for source in self._sources.values():
            if source.arrays is not None:
                values.check_batch(source.arrays, num_outputs)

        def finished(batch):
            batch = self._checked(batch, labeled, num_outputs)
            return _finished(batch, num_outputs, table)

        def others(batch):
            batch = {name: batch[name] for name in ("images", "indices")}
            batch = self._checked(batch, self.unlabeled, num_outputs)
            return {f"unlabeled_{name}": part for name, part in batch.items()}

        batches = labeled.one_pass if ends else labeled.begin(start)
        batches = batches.map(finished)
        if self.unlabeled is None:
            return merged(batches)
        join = with_next if ends else merged
        return join(batches, self.unlabeled.begin(start).map(others))

    @property
    def _sources(self):
        sources = {"x": self.labeled, "unlabeled": self.unlabeled}
        return {name: source for name, source in sources.items() if source}

    def _checked(self, batch, source, num_outputs):
        batch = self._floated(batch)
        if source.arrays is not None:  # Looked at as a whole.
            return batch
        return values.checked(batch, num_outputs)

    def _floated(self, batch):
        return batch | {"images": self.floating(batch["images"])}


def _of_one_input(found):
    """The dense tensors of each input that all sources have, by source."""
    parts = {
        name: images if isinstance(images, Mapping) else {"": images}
        for name, images in found.items()
    }
    for key in set.intersection(*map(set, parts.values())):
        pair = {name: part[key] for name, part in parts.items()}
        if all(isinstance(part, tf.Tensor) for part in pair.values()):
            yield pair


def _finished(batch, num_outputs, class_weight):
    """Labels for the loss, as metrics take them, and weights."""
    targets = batch["labels"]
    labels = values.canonical(targets, num_outputs)
    finished = batch | {"labels": labels, "targets": targets}
    weights = []
    if "weights" in batch:
        floatx = tf.as_dtype(keras.config.floatx())
        weights.append(values.flat(batch["weights"], floatx))
    if class_weight is not None:
        weights.append(values.class_weights(class_weight, labels))
    if weights:
        finished["weights"] = tf.reduce_prod(tf.stack(weights), axis=0)
    return finished
