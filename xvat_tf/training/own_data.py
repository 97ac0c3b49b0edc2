"""A user's arrays and datasets as the batches of a train step."""

import dataclasses
from collections.abc import Mapping
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.index_batches import index_batches
from xvat_tf.errors import UserError

Inputs: TypeAlias = (
    np.ndarray | tf.Tensor | Mapping[str, np.ndarray] | tf.data.Dataset
)

_OWN_OPTIONS = (
    "batch_size",
    "unlabeled_batch_size",
    "sample_weight",
    "class_weight",
    "validation_split",
)
# What a random number is for: each purpose has numbers of its own.
_LABELED_ORDER, _UNLABELED_ORDER = range(2)


def split_options(options: Mapping) -> tuple[dict, dict]:
    """Options of `OwnData.feed`, and those of `keras.Model.fit`."""
    own = {name: options[name] for name in _OWN_OPTIONS if name in options}
    return own, {n: v for n, v in options.items() if n not in own}


def are_batches(x) -> bool:
    """Whether `x` gives batches as a train step takes them: dicts."""
    spec = getattr(x, "element_spec", None)
    return isinstance(spec, Mapping) and "labels" in spec


def flat(values, dtype: tf.DType) -> tf.Tensor:
    """One number per example, `(n,)`, of `(n,)` or `(n, 1)`."""
    return tf.cast(tf.reshape(values, [-1]), dtype)


def canonical(labels: tf.Tensor, num_outputs: int) -> tf.Tensor:
    """Labels as losses take them.

    Args:
        labels: Integers, `(n,)` or `(n, 1)`; or probabilities, float
            `(n, classes)`; of a classifier with one output, 0 and 1 or the
            probability of 1.
        num_outputs: Outputs of the classifier; one is the logit of class 1.

    Returns:
        int32 `(n,)`, or float `(n, classes)`.
    """
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2 and labels.shape[-1] > 1:
        return tf.cast(labels, keras.config.floatx())
    if num_outputs == 1 and labels.dtype.is_floating:
        p = flat(labels, tf.as_dtype(keras.config.floatx()))
        return tf.stack([1 - p, p], axis=-1)
    return flat(labels, tf.int32)


class OwnData:
    """Unlabeled inputs of a trainer, to be fed with labeled ones.

    Args:
        unlabeled: See `Trainer`.
        perturb: Of several inputs the name of the one that is perturbed.

    Raises:
        UserError: Several inputs, and none of them is named.
    """

    def __init__(self, unlabeled: Inputs | None, perturb: str | None):
        self._perturb = perturb
        self._unlabeled = None
        if unlabeled is not None:
            self._unlabeled = self._inputs(unlabeled, "unlabeled")

    def floating(self, inputs):
        """The same inputs, the perturbed one in Keras' float type."""
        floatx = keras.config.floatx()
        if self._perturb is None:
            return tf.cast(inputs, floatx)
        perturbed = tf.cast(inputs[self._perturb], floatx)
        return {**inputs, self._perturb: perturbed}

    def feed(
        self,
        x: Inputs,
        y,
        *,
        seed: int,
        batch_size: int = 32,
        unlabeled_batch_size: int | None = None,
        sample_weight=None,
        class_weight: Mapping[int, float] | None = None,
        validation_split: float = 0.0,
    ) -> "Feed":
        """Labeled and unlabeled inputs together; arguments as of `fit`.

        Raises:
            UserError: They do not fit together.
        """
        inputs = self._inputs(x, "x")
        options = {}
        if isinstance(inputs, tf.data.Dataset):
            if y is not None or sample_weight is not None or validation_split:
                raise UserError(
                    "x is a tf.data.Dataset, which brings labels and weights"
                    " of its own: leave out y, sample_weight and"
                    " validation_split."
                )
            labeled = inputs
        else:
            labeled = _labeled_arrays(inputs, y, sample_weight)
            if validation_split:
                labeled, options = _split(labeled, validation_split)
        unlabeled_batch_size = unlabeled_batch_size or 4 * batch_size
        return Feed(
            self,
            _Part.of(labeled, batch_size, (seed, _LABELED_ORDER)),
            self._unlabeled
            and _Part.of(
                self._unlabeled, unlabeled_batch_size, (seed, _UNLABELED_ORDER)
            ),
            class_weight,
            options,
        )

    def _inputs(self, inputs, name):
        if isinstance(inputs, tf.data.Dataset):
            spec = inputs.element_spec
            spec = spec[0] if isinstance(spec, tuple) else spec
            self._require_named(spec, name)
            return inputs
        self._require_named(inputs, name)
        if isinstance(inputs, Mapping):
            return _Arrays({"images": dict(inputs)})
        return _Arrays({"images": np.asarray(inputs)})

    def _require_named(self, inputs, name):
        names = sorted(inputs) if isinstance(inputs, Mapping) else None
        if names is None and self._perturb is not None:
            raise UserError(
                f"{name} is one input, and perturb={self._perturb!r} names one"
                " of several: leave perturb out."
            )
        if names is not None and self._perturb not in names:
            raise UserError(
                f"{name} has the inputs {', '.join(names)}: name the one to"
                f" perturb, given perturb={self._perturb!r}."
            )


class _Arrays:
    """Arrays of equal length by name; `images` may be a dict of arrays."""

    def __init__(self, arrays: Mapping):
        self.arrays = arrays
        lengths = {len(part) for part in tf.nest.flatten(arrays)}
        if len(lengths) != 1:
            raise UserError(
                "inputs, labels and weights must have the same length, given"
                f" {', '.join(map(str, sorted(lengths)))}."
            )
        (self.length,) = lengths

    def rows(self, which):
        return tf.nest.map_structure(lambda part: part[which], self.arrays)


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """Labeled or unlabeled inputs: endless batches of them.

    Attributes:
        source: Arrays, or the user's batches.
        batch_size: Rows of a batch of arrays.
        seed: Two integers.
    """

    source: _Arrays | tf.data.Dataset
    batch_size: int
    seed: tuple[int, int]

    @classmethod
    def of(cls, source, batch_size, seed):
        if isinstance(source, _Arrays):
            if not source.length:
                raise UserError("there is no example to train on, given 0.")
            batch_size = min(batch_size, source.length)
        return cls(source, batch_size, seed)

    @property
    def steps(self) -> int | None:
        """Batches in a pass; None if the source does not know."""
        if isinstance(self.source, _Arrays):
            return -(-self.source.length // self.batch_size)
        count = int(self.source.cardinality())
        return count if count > 0 else None

    @property
    def num_rows(self) -> int | None:
        return getattr(self.source, "length", None)

    def batches(self, start_step: int) -> tf.data.Dataset:
        """Arrays: dicts with `indices`; a dataset's batches as they come."""
        if not isinstance(self.source, _Arrays):
            return self.source.repeat()
        order = index_batches(
            self.source.length,
            self.batch_size,
            self.seed,
            start_step=start_step,
        )
        # Eager tensors: datasets refer to them, graphs do not swallow them.
        with tf.device("/cpu:0"):
            arrays = tf.nest.map_structure(tf.constant, self.source.arrays)

        def read(_, indices):
            rows = tf.nest.map_structure(
                lambda part: tf.gather(part, indices), arrays
            )
            return rows | {"indices": indices}

        return order.map(read, tf.data.AUTOTUNE)


@dataclasses.dataclass(frozen=True, eq=False)
class Feed:
    """What `fit` trains on.

    Attributes:
        own: Knows which input is perturbed.
        labeled: Labeled inputs.
        unlabeled: Unlabeled inputs, or None.
        class_weight: Weight by class, or None.
        options: Of `keras.Model.fit`: validation data that were split off.
    """

    own: OwnData
    labeled: _Part
    unlabeled: _Part | None
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

    def num_rows(self) -> int:
        """Rows of a mask table: an index for each regularised input.

        Raises:
            UserError: A dataset has no index for its inputs.
        """
        rows = (self.unlabeled or self.labeled).num_rows
        if rows is None:
            raise UserError(
                "transductive masks have a row per input, and a"
                " tf.data.Dataset does not number its inputs: give arrays, or"
                " choose mask_model='inductive'."
            )
        return rows

    def stream(self, num_outputs: int, start_step: int) -> tf.data.Dataset:
        """Batches of the train step, from `start_step` on, without an end."""
        self._check_labels(num_outputs)
        parts = [
            self.labeled.batches(start_step)
            .map(self._labeled_batch)
            .map(lambda batch: self._finished(batch, num_outputs))
        ]
        if self.unlabeled is not None:
            batches = self.unlabeled.batches(start_step)
            parts.append(batches.map(self._unlabeled_batch))
        merged = tf.data.Dataset.zip(*parts).map(
            lambda *batches: {k: v for part in batches for k, v in part.items()}
        )
        return merged.prefetch(tf.data.AUTOTUNE)

    def _check_labels(self, num_outputs):
        """As far as they can be seen: a dataset shows the shape only."""
        source, classes = self.labeled.source, max(num_outputs, 2)
        if not isinstance(source, _Arrays):
            _check_width(source.element_spec[1].shape, classes)
            return
        labels = source.arrays["labels"]
        _check_width(labels.shape, classes)
        wide = labels.ndim == 2 and labels.shape[1] > 1
        if not wide and (labels.min() < 0 or labels.max() >= classes):
            wrong = labels.max() if labels.min() >= 0 else labels.min()
            raise UserError(
                f"y has the label {wrong}, and the classifier tells {classes}"
                f" classes apart: labels must be 0 to {classes - 1}."
            )

    def _labeled_batch(self, *elements):
        if isinstance(self.labeled.source, _Arrays):
            (batch,) = elements
        else:
            batch = _named(elements)
        return batch | {"images": self.own.floating(batch["images"])}

    def _finished(self, batch, num_outputs):
        """Labels for the loss, as metrics take them, and weights."""
        targets = batch["labels"]
        labels = canonical(targets, num_outputs)
        floatx = tf.as_dtype(keras.config.floatx())
        finished = batch | {"labels": labels, "targets": targets}
        weights = [flat(batch["weights"], floatx)] if "weights" in batch else []
        if self.class_weight is not None:
            weights.append(_class_weights(self.class_weight, labels))
        if weights:
            finished["weights"] = tf.reduce_prod(tf.stack(weights), axis=0)
        return finished

    def _unlabeled_batch(self, *elements):
        if isinstance(self.unlabeled.source, _Arrays):
            batch = elements[0]
        else:
            images = elements[0]
            batch = {"images": images, "indices": _places(images)}
        return {
            "unlabeled_images": self.own.floating(batch["images"]),
            "unlabeled_indices": batch["indices"],
        }


def _check_width(shape, classes):
    if len(shape) == 2 and shape[1] not in (1, classes):
        raise UserError(
            f"the labels are probabilities of {shape[1]} classes, and the"
            f" classifier tells {classes} apart: they must agree."
        )


def _named(elements):
    images, labels, *weights = elements
    batch = {"images": images, "labels": labels, "indices": _places(images)}
    return batch | ({"weights": weights[0]} if weights else {})


def _places(images):
    """Positions in a batch: a dataset has no index for its inputs."""
    return tf.range(tf.shape(tf.nest.flatten(images)[0])[0])


def _class_weights(class_weight, labels):
    size = max(class_weight) + 1
    table = [float(class_weight.get(k, 1.0)) for k in range(size)]
    if labels.dtype.is_floating:
        labels = tf.argmax(labels, axis=-1, output_type=tf.int32)
    known = tf.minimum(labels, size - 1)
    weights = tf.gather(tf.constant(table, keras.config.floatx()), known)
    return tf.where(labels < size, weights, tf.ones_like(weights))


def _labeled_arrays(inputs, y, sample_weight):
    if y is None:
        raise UserError(
            "y is missing: give the labels of x, or a tf.data.Dataset of"
            " (inputs, labels)."
        )
    arrays = inputs.arrays | {"labels": np.asarray(y)}
    if sample_weight is not None:
        arrays["weights"] = np.asarray(sample_weight)
    return _Arrays(arrays)


def _split(labeled, share):
    """The first rows to train on, the last ones to validate, as Keras does."""
    count = int(labeled.length * (1 - share))
    if not 0 < count < labeled.length:
        raise UserError(
            f"validation_split={share} leaves one side without an example:"
            " give a share in (0, 1)."
        )
    last = labeled.rows(slice(count, None))
    validation = tuple(
        last[name] for name in ("images", "labels", "weights") if name in last
    )
    first = _Arrays(labeled.rows(slice(0, count)))
    return first, {"validation_data": validation}
