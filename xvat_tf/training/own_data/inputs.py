"""A user's arrays and datasets, on their way to a train step."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_numbers
from xvat_tf.data.streams import LABELED_ORDER, UNLABELED_ORDER
from xvat_tf.errors import UserError
from xvat_tf.training import keras_arguments
from xvat_tf.training.own_data import forms
from xvat_tf.training.own_data import labels as labels_in
from xvat_tf.training.own_data.batch_checks import check_batch, checked
from xvat_tf.training.own_data.feed import Feed
from xvat_tf.training.own_data.python_batches import (
    ReadOnce,
    batches_of,
    gives_batches,
)
from xvat_tf.training.own_data.sources import Arrays, Source

Inputs: TypeAlias = (
    np.ndarray
    | tf.Tensor
    | Sequence
    | Mapping[str, np.ndarray]
    | tf.data.Dataset
    | keras.utils.PyDataset
)
_NAMES = ("images", "labels", "weights")


class OwnData:
    """Unlabeled inputs of a trainer, to be fed with labeled ones.

    Arguments are those of `Trainer` and the names of the classifier's inputs,
    as far as it has any. Every method raises a UserError for a form of data
    that is not known.
    """

    def __init__(
        self,
        unlabeled: Inputs | None,
        perturb: str | None,
        input_names: Sequence[str] = (),
    ):
        self._perturb, self._names = perturb, input_names
        self._unlabeled = None
        if unlabeled is not None:
            self._unlabeled = self._source(unlabeled, "unlabeled")
        if isinstance(self._unlabeled, ReadOnce):
            raise UserError(
                "unlabeled is a generator, which can be read only once, but it"
                " is read repeatedly: give an array, a"
                " keras.utils.PyDataset or a tf.data.Dataset of batches."
            )

    def require_numbered(self, method: str) -> None:
        """Refuses, with a UserError, unlabeled batches that are no arrays."""
        if self._unlabeled and self._unlabeled.num_rows is None:
            raise UserError(
                f"{method} takes its unlabeled batch from arrays: give"
                " unlabeled inputs as arrays, or call fit."
            )

    def floating(self, inputs):
        """The same inputs, dense, the perturbed one in Keras' float type."""
        inputs = forms.by_name(inputs, self._names)
        if self._perturb is None:
            return _floating(inputs)
        return {**inputs, self._perturb: _floating(inputs[self._perturb])}

    def inputs(self, x):
        """Inputs alone, in a form that Keras' `predict` takes."""
        if gives_batches(x):
            return x
        return forms.inputs(x, "x", self._names)

    def feed(self, x, y, options: dict, seed: int) -> Feed:
        """Labeled and unlabeled inputs together, as `Trainer.fit` takes them.

        Of its options those that say how are taken out; validation data that
        are split off are put in.
        """
        labeled = self._labeled(x, y, options.pop("sample_weight", None))
        share = options.pop("validation_split", 0.0)
        if share and options.get("validation_data") is None:
            labeled, options["validation_data"] = _split(labeled, share)
        for name, source in (("x", labeled), ("unlabeled", self._unlabeled)):
            if isinstance(source, Arrays) and not source.num_rows:
                raise UserError(
                    f"{name} is empty: there is nothing to train on."
                )
        size = _given(options, "batch_size", 32)
        more = _given(options, "unlabeled_batch_size", 4 * size)
        seeds = [(seed, order) for order in (LABELED_ORDER, UNLABELED_ORDER)]
        shuffle = _given(options, "shuffle", True)
        first, second = seeds if shuffle else (None, None)
        labeled, unlabeled = labeled.drawn(size, first), self._unlabeled
        if unlabeled is not None:
            unlabeled = unlabeled.drawn(more, second)
            _require_same_shape(labeled.shapes, unlabeled.shapes)
        feed = Feed(
            self.floating,
            labeled,
            unlabeled,
            options.pop("class_weight", None),
            _given(options, "steps_per_epoch"),
        )
        ends = isinstance(labeled, ReadOnce) and feed.epoch_steps is None
        if ends and options.get("epochs", 1) > 1:
            raise UserError(
                "x is a generator, which can be read only once: give"
                " steps_per_epoch, or epochs=1."
            )
        return feed

    def for_evaluation(
        self, data: tuple, num_outputs: int, origin: str = ""
    ) -> tuple:
        """Labeled inputs, and what else Keras' `evaluate` takes, checked.

        Inputs, labels and weights of arrays; else batches alone. `origin` is
        put before their names in messages.
        """
        x, y, weights = (*data, None, None)[:3]
        if gives_batches(x) and not isinstance(x, tf.data.Dataset):
            return (x,)
        source = self._labeled(x, y, weights, origin)
        if isinstance(source, Arrays):
            check_batch(source.arrays, num_outputs, origin)
            return source.as_tuple()
        labels_in.check_spec(f"{origin}y", source.element_spec[1], num_outputs)

        def look(images, *rest):
            elements = (self.floating(images), *rest)
            batch = dict(zip(_NAMES, elements, strict=False))
            return tuple(checked(batch, num_outputs, origin).values())

        return (x.map(look),)

    def validation(self, data, num_outputs: int):
        """`validation_data` of `fit`, checked, in a form that Keras takes."""
        is_tuple = isinstance(data, tuple | list) and len(data) in (2, 3)
        if not (is_tuple or gives_batches(data)):
            raise UserError(
                f"validation_data must be (x, y), (x, y, weights) or a"
                f" tf.data.Dataset of such batches, given"
                f" {type(data).__name__}."
            )
        given = tuple(data) if is_tuple else (data,)
        return self.for_evaluation(given, num_outputs, "validation_data: ")

    def _labeled(self, x, y, weights, origin="") -> Source:
        """Labeled inputs; `origin` is put before their names in messages."""
        name = f"{origin}x"
        source = self._source(x, name, labeled=True)
        if isinstance(source, Arrays):
            return _labeled_arrays(source, y, weights, origin)
        if y is not None or weights is not None:
            raise UserError(
                f"{name} is a {type(x).__name__}, which already contains"
                " labels and weights: leave out y, sample_weight and"
                " validation_split."
            )
        return source

    def _source(self, values, name, labeled=False) -> Source:
        if not gives_batches(values):
            found = forms.inputs(values, name, self._names)
            self._require_named(found, name)
            return Arrays({"images": found})
        source = batches_of(values, lambda b: self._batch(b, name), name)
        if labeled:
            _require_labeled_batches(source.element_spec, name)
        inputs = source.inputs_spec
        self._require_named(inputs, name)
        if self._perturb is not None and isinstance(inputs, Mapping):
            inputs = inputs[self._perturb]
        for part in tf.nest.flatten(inputs):
            check_numbers(name, np.empty(0, part.dtype.as_numpy_dtype))
        return source

    def _batch(self, batch, name):
        """A batch from Python: inputs, and perhaps labels and weights."""
        single = not isinstance(batch, list | tuple)
        inputs, *rest = (batch,) if single else batch
        rest = [forms.array(part, name) for part in rest if part is not None]
        return (forms.inputs(inputs, name, self._names), *rest)

    def _require_named(self, inputs, name):
        inputs = forms.by_name(inputs, self._names)
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


def _given(options, name, default=None):
    """Takes an option out; the default if it is not given."""
    given = options.pop(name, None)
    if given is None:
        return default
    keras_arguments.check(name, given)
    return given


def _split(labeled, share):
    """Splits off validation data as Keras does: the last rows."""
    if not isinstance(labeled, Arrays):
        raise UserError(
            "validation_split takes the last rows of arrays, and x gives"
            " batches: leave it out and give validation_data."
        )
    count = int(labeled.num_rows * (1 - share))
    if not 0 < count < labeled.num_rows:
        raise UserError(
            f"validation_split={share} leaves one side without an example:"
            " give a share in (0, 1)."
        )
    last = labeled.rows(slice(count, None))
    return labeled.rows(slice(0, count)), last.as_tuple()


def _floating(inputs):
    if isinstance(inputs, tf.SparseTensor):
        inputs = tf.sparse.to_dense(inputs)
    return tf.cast(inputs, keras.config.floatx())


def _require_labeled_batches(spec, name):
    if isinstance(spec, Mapping):
        raise UserError(
            f"{name} gives dicts with the entries {', '.join(sorted(spec))}:"
            " map it to batches (inputs, labels) of them."
        )
    if not (isinstance(spec, tuple) and len(spec) in (2, 3)):
        raise UserError(
            f"{name} gives batches without labels: it must give batches"
            " (inputs, labels) or (inputs, labels, weights)."
        )
    if spec[1].shape.rank == 0:
        raise UserError(
            f"{name} gives single examples, and a step takes batches of them:"
            f" call {name}.batch(32) before."
        )


def _require_same_shape(labeled, unlabeled):
    """Of inputs whose shapes are known."""
    for one, other in zip(labeled, unlabeled, strict=False):
        if None in (one.rank, other.rank):
            continue
        if other.rank == one.rank - 1 and one[1:].is_compatible_with(other):
            raise UserError(
                "unlabeled gives single examples, and a step takes batches of"
                " them: call unlabeled.batch(128) before."
            )
        if not one[1:].is_compatible_with(other[1:]):
            raise UserError(
                "labeled and unlabeled inputs must have the same shape, given"
                f" {tuple(one[1:])} and {tuple(other[1:])}."
            )


def _labeled_arrays(inputs, y, sample_weight, origin):
    if y is None:
        raise UserError(
            f"{origin}y is missing: give the labels of x, or a tf.data.Dataset"
            " of (inputs, labels)."
        )
    arrays = inputs.arrays | {"labels": forms.array(y, f"{origin}y")}
    if sample_weight is not None:
        name = f"{origin}sample_weight"
        arrays["weights"] = forms.array(sample_weight, name)
    return Arrays(arrays)
