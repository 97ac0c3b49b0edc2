"""A user's arrays and datasets, on their way to a train step."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_numbers
from xvat_tf.data.streams import LABELED_ORDER, UNLABELED_ORDER
from xvat_tf.errors import UserError
from xvat_tf.training import keras_arguments
from xvat_tf.training.own_data import forms
from xvat_tf.training.own_data.feed import Feed
from xvat_tf.training.own_data.python_batches import gives_batches, of_batches
from xvat_tf.training.own_data.sources import Seed, Source, of_arrays
from xvat_tf.training.own_data.values import check_batch, checked

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
        self._unlabeled = unlabeled
        if isinstance(unlabeled, Iterator):
            raise UserError(
                "unlabeled is a generator, which can be read only once, but it"
                " is read repeatedly: give an array, a"
                " keras.utils.PyDataset or a tf.data.Dataset of batches."
            )
        if unlabeled is not None and not gives_batches(unlabeled):
            self._unlabeled = self._arrays(unlabeled, "unlabeled")

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
        given = self._labeled(x, y, options.pop("sample_weight", None))
        share = options.pop("validation_split", 0.0)
        if share and options.get("validation_data") is None:
            given, options["validation_data"] = _split(given, share)
        size = _given(options, "batch_size", 32)
        more = _given(options, "unlabeled_batch_size", 4 * size)
        seeds = [(seed, order) for order in (LABELED_ORDER, UNLABELED_ORDER)]
        shuffle = _given(options, "shuffle", True)
        first, second = seeds if shuffle else (None, None)
        labeled, unlabeled = self._source(given, "x", size, first), None
        if self._unlabeled is not None:
            unlabeled = self._source(self._unlabeled, "unlabeled", more, second)
            _require_same_shape(labeled, unlabeled)
        feed = Feed(
            self.floating,
            labeled,
            unlabeled,
            options.pop("class_weight", None),
            _given(options, "steps_per_epoch"),
        )
        epochs = options.get("epochs", 1)
        if labeled.once and feed.epoch_steps is None and epochs > 1:
            raise UserError(
                "x is a generator, which can be read only once: give"
                " steps_per_epoch, or epochs=1."
            )
        return feed

    @tf.autograph.experimental.do_not_convert
    def for_evaluation(
        self, data: tuple, num_outputs: int, origin: str = ""
    ) -> tuple:
        """Labeled inputs, and what else Keras' `evaluate` takes, checked.

        Inputs, labels and weights of arrays; else batches alone. `origin` is
        put before their names in messages.
        """
        x, y, weights = (*data, None, None)[:3]
        given = self._labeled(x, y, weights, origin)
        if isinstance(given, Mapping):
            check_batch(given, num_outputs, origin)
            return tuple(given[name] for name in _NAMES if name in given)
        if not isinstance(given, tf.data.Dataset):
            return (given,)
        self._source(given, f"{origin}x")

        def look(images, *rest):
            elements = (self.floating(images), *rest)
            batch = dict(zip(_NAMES, elements, strict=False))
            return tuple(checked(batch, num_outputs, origin).values())

        return (given.map(look),)

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

    def _labeled(self, x, y, weights, origin=""):
        """Labeled arrays by the names of a batch, or what gives batches."""
        if not gives_batches(x):
            return self._arrays(x, f"{origin}x", y, weights, origin)
        if y is not None or weights is not None:
            raise UserError(
                f"{origin}x is a {type(x).__name__}, which already contains"
                " labels and weights: leave out y, sample_weight and"
                " validation_split."
            )
        return x

    def _arrays(self, x, name, y=None, weights=None, origin=None):
        """Arrays by the names of a batch; with an `origin` they are labeled."""
        arrays = {"images": forms.inputs(x, name, self._names)}
        self._require_named(arrays["images"], name)
        if origin is not None and y is None:
            raise UserError(
                f"{origin}y is missing: give the labels of x, or a"
                " tf.data.Dataset of (inputs, labels)."
            )
        if y is not None:
            arrays["labels"] = forms.array(y, f"{origin}y")
        if weights is not None:
            given = f"{origin}sample_weight"
            arrays["weights"] = forms.array(weights, given)
        _require_rows(arrays, name)
        return arrays

    def _source(self, given, name, size=1, seed: Seed = None) -> Source:
        """The batches of arrays by name, or of what gives batches."""
        if isinstance(given, Mapping):
            return of_arrays(given, size, seed)
        source = of_batches(given, lambda b: self._batch(b, name), name, seed)
        if name != "unlabeled":
            _require_labeled(source.spec, name)
        inputs = source.spec["images"]
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
        several = isinstance(inputs, Mapping)
        if self._perturb in (inputs if several else (None,)):
            return
        found = "one input"
        if several:
            found = f"the inputs {', '.join(sorted(inputs))}"
        raise UserError(
            f"{name} has {found}, given perturb={self._perturb!r}: name the"
            " one to perturb of several, and leave perturb out for one."
        )


def _given(options, name, default=None):
    """Takes an option out; the default if it is not given."""
    given = options.pop(name, None)
    if given is None:
        return default
    keras_arguments.check(name, given)
    return given


def _split(given, share):
    """Splits off validation data as Keras does: the last rows."""
    if not isinstance(given, Mapping):
        raise UserError(
            "validation_split takes the last rows of arrays, and x gives"
            " batches: leave it out and give validation_data."
        )
    total = len(given["labels"])
    count = int(total * (1 - share))
    if not 0 < count < total:
        raise UserError(
            f"validation_split={share} leaves one side without an example:"
            " give a share in (0, 1)."
        )
    kept = tf.nest.map_structure(lambda part: part[:count], given)
    last = tf.nest.map_structure(lambda part: part[count:], given)
    return kept, tuple(last[name] for name in _NAMES if name in last)


def _require_rows(arrays, name):
    """Refuses arrays by name that have none, or not the same number."""
    lengths = {
        f"{len(part)} {key.replace('images', 'inputs')}": len(part)
        for key, value in arrays.items()
        for part in tf.nest.flatten(value)
    }
    if len(set(lengths.values())) > 1:
        raise UserError(
            "inputs, labels and weights must have the same length, given"
            f" {', '.join(lengths)}."
        )
    if 0 in lengths.values():
        raise UserError(f"{name} is empty: give some rows.")


def _floating(inputs):
    if isinstance(inputs, tf.SparseTensor):
        inputs = tf.sparse.to_dense(inputs)
    return tf.cast(inputs, keras.config.floatx())


def _require_labeled(spec, name):
    if "labels" not in spec or "more" in spec:
        images, found = spec["images"], "batches without labels"
        if isinstance(images, Mapping):
            found = f"dicts with the entries {', '.join(sorted(images))}"
        raise UserError(
            f"{name} gives {found}: map it to batches (inputs, labels) or"
            " (inputs, labels, weights)."
        )
    if spec["labels"].shape.rank == 0:
        raise _single_examples(name, 32)


def _require_same_shape(labeled, unlabeled):
    parts = (tf.nest.flatten(s.spec["images"]) for s in (labeled, unlabeled))
    for one, other in zip(*parts, strict=False):
        shape = one.shape[1:]
        if shape.is_compatible_with(other.shape[1:]):
            continue
        if unlabeled.arrays is None and shape.is_compatible_with(other.shape):
            raise _single_examples("unlabeled", 128)
        raise UserError(
            "labeled and unlabeled inputs must have the same shape, given"
            f" {tuple(shape)} and {tuple(other.shape[1:])}."
        )


def _single_examples(name, size):
    return UserError(
        f"{name} gives single examples, and a step takes batches of them: call"
        f" {name}.batch({size}) before."
    )
