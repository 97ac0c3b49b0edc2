"""A user's arrays and datasets, on their way to a train step."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_numbers
from xvat_tf.data.streams import LABELED_ORDER, UNLABELED_ORDER
from xvat_tf.errors import UserError
from xvat_tf.training.own_data import batch_sources, forms
from xvat_tf.training.own_data import labels as labels_in
from xvat_tf.training.own_data.batch_checks import BatchChecks, check_batch
from xvat_tf.training.own_data.class_weight import ClassWeight
from xvat_tf.training.own_data.feed import Feed
from xvat_tf.training.own_data.parts import Arrays, Part, Source

Inputs: TypeAlias = (
    np.ndarray
    | tf.Tensor
    | Sequence
    | Mapping[str, np.ndarray]
    | tf.data.Dataset
    | keras.utils.PyDataset
)


def checked(data, num_outputs: int, checks: BatchChecks, origin: str = ""):
    """The same data of `evaluate`, as Keras takes them, or an error.

    Args:
        data: `(x, y)`, `(x, y, weights)`, or a dataset of such batches, whose
            values are checked as they come.
        num_outputs: Outputs of the classifier.
        checks: Tell what was found in a dataset.
        origin: What to put before the names.

    Raises:
        UserError: As in `check_batch`.
    """
    if isinstance(data, tf.data.Dataset):
        if isinstance(data.element_spec, tuple) and len(data.element_spec) > 1:
            spec = data.element_spec[1]
            labels_in.check_spec(f"{origin}y", spec, num_outputs)

        def look(*elements):
            batch = checks.on(_named(elements), num_outputs, "x", origin)
            return tuple(batch.values())

        return data.map(look)
    if isinstance(data, tuple | list) and len(data) in (2, 3):
        given = {n: v for n, v in _named(data).items() if v is not None}
        check_batch(given, num_outputs, "x", origin)
    return data


def _named(parts):
    return dict(zip(("images", "labels", "weights"), parts, strict=False))


def are_batches(x) -> bool:
    """Whether `x` gives batches as a train step takes them: dicts."""
    spec = getattr(x, "element_spec", None)
    return isinstance(spec, Mapping) and {"labels", "indices"} <= set(spec)


class OwnData:
    """Unlabeled inputs of a trainer, to be fed with labeled ones.

    Args:
        unlabeled: See `Trainer`.
        perturb: Of several inputs the name of the one that is perturbed.
        input_names: Names of the classifier's inputs, as far as it has any.

    Raises:
        UserError: Several inputs, and none of them is named; or a form of
            data that is not known.
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
        if isinstance(self._unlabeled, batch_sources.ReadOnce):
            raise UserError(
                "unlabeled is a generator, which can be read only once, and it"
                " is read again and again: give an array, a"
                " keras.utils.PyDataset or a tf.data.Dataset of batches."
            )

    def floating(self, inputs):
        """The same inputs, dense, the perturbed one in Keras' float type."""
        if forms.is_list_of_inputs(inputs, self._names):
            inputs = dict(zip(self._names, inputs, strict=True))
        if self._perturb is None:
            return _floating(inputs)
        return {**inputs, self._perturb: _floating(inputs[self._perturb])}

    def inputs(self, x):
        """Inputs alone, in a form that Keras' `predict` takes."""
        if isinstance(x, tf.data.Dataset) or batch_sources.gives_batches(x):
            return x
        return forms.inputs(x, "x", self._names)

    def labeled(self, x: Inputs, y, sample_weight, name: str = "x") -> Source:
        """Labeled inputs.

        Args:
            x: See `Trainer.fit`.
            y: Labels of arrays.
            sample_weight: Weights of arrays, or None.
            name: Of the argument, for messages.

        Raises:
            UserError: It is no known form of labeled inputs.
        """
        source = self._source(x, name, labeled=True)
        if isinstance(source, Arrays):
            return _labeled_arrays(source, y, sample_weight)
        if y is not None or sample_weight is not None:
            raise UserError(
                f"{name} is a {type(x).__name__}, which brings labels and"
                " weights of its own: leave out y, sample_weight and"
                " validation_split."
            )
        return source

    def for_keras(self, x, y=None, sample_weight=None, name: str = "x"):
        """Labeled inputs, and what else Keras' `evaluate` takes as data.

        Args:
            x: As in `labeled`.
            y: As in `labeled`.
            sample_weight: As in `labeled`.
            name: Of the argument, for messages.

        Returns:
            Inputs, labels and weights of arrays; else batches alone.

        Raises:
            UserError: As `labeled`.
        """
        if batch_sources.gives_batches(x) and not isinstance(
            x, tf.data.Dataset
        ):
            return (x,)
        source = self.labeled(x, y, sample_weight, name)
        if isinstance(source, Arrays):
            return _parts(source.arrays)
        return (x.map(lambda x, *rest: (self.floating(x), *rest)),)

    def validation(self, data):
        """`validation_data` of `fit` in a form that Keras takes.

        Raises:
            UserError: It is no known form of labeled inputs.
        """
        name = "validation_data"
        if isinstance(data, tuple | list) and len(data) in (2, 3):
            return self.for_keras(*data, name=name)
        if isinstance(data, tf.data.Dataset) or (
            batch_sources.gives_batches(data)
        ):
            return self.for_keras(data, name=name)[0]
        raise UserError(
            f"validation_data must be (x, y), (x, y, weights) or a"
            f" tf.data.Dataset of such batches, given {type(data).__name__}."
        )

    def feed(
        self,
        labeled: Source,
        *,
        seed: int,
        batch_size: int = 32,
        unlabeled_batch_size: int | None = None,
        class_weight: ClassWeight | None = None,
        steps_per_epoch: int | None = None,
        shuffle: bool = True,
    ) -> Feed:
        """Labeled and unlabeled inputs together; arguments as in `fit`.

        Raises:
            UserError: They do not fit together.
        """

        def part(source, size, order):
            return Part.of(source, size, (seed, order) if shuffle else None)

        first, other = part(labeled, batch_size, LABELED_ORDER), None
        if self._unlabeled is not None:
            size = unlabeled_batch_size or 4 * batch_size
            other = part(self._unlabeled, size, UNLABELED_ORDER)
            _require_same_shape(first, other)
        return Feed(self.floating, first, other, class_weight, steps_per_epoch)

    def _source(self, values: Any, name: str, labeled: bool = False) -> Source:
        def parsed(batch):
            return self._batch(batch, name)

        if isinstance(values, tf.data.Dataset):
            source = values
        elif isinstance(values, keras.utils.PyDataset):
            source = batch_sources.IndexedBatches(values, parsed, name)
        elif batch_sources.gives_batches(values):
            once = iter(values) is values
            make = batch_sources.ReadOnce if once else batch_sources.loader
            source = make(values, parsed, name)
        else:
            found = forms.inputs(values, name, self._names)
            self._require_named(found, name)
            return Arrays({"images": found})
        spec = source.element_spec
        if labeled:
            _require_labeled_batches(spec, name)
        inputs = spec[0] if isinstance(spec, tuple) else spec
        self._require_named(inputs, name)
        perturbed = inputs
        if self._perturb is not None and isinstance(inputs, Mapping):
            perturbed = inputs[self._perturb]
        for part in tf.nest.flatten(perturbed):
            check_numbers(name, np.empty(0, part.dtype.as_numpy_dtype))
        return source

    def _batch(self, batch, name):
        """A batch from Python: inputs, and perhaps labels and weights."""
        single = not isinstance(batch, list | tuple)
        inputs, *rest = (batch,) if single else batch
        rest = [forms.array(part, name) for part in rest if part is not None]
        return (forms.inputs(inputs, name, self._names), *rest)

    def _require_named(self, inputs, name):
        names = sorted(inputs) if isinstance(inputs, Mapping) else None
        if forms.is_list_of_inputs(inputs, self._names):
            names = sorted(self._names)
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


def _floating(inputs):
    if isinstance(inputs, tf.SparseTensor):
        inputs = tf.sparse.to_dense(inputs)
    return tf.cast(inputs, keras.config.floatx())


def _parts(arrays):
    """Inputs, labels, and weights if there are any."""
    names = ("images", "labels", "weights")
    return tuple(arrays[name] for name in names if name in arrays)


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


def _require_same_shape(labeled: Part, unlabeled: Part):
    """Of inputs whose shapes are known."""
    pairs = zip(labeled.element_shapes, unlabeled.element_shapes, strict=False)
    for one, other in pairs:
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


def _labeled_arrays(inputs, y, sample_weight):
    if y is None:
        raise UserError(
            "y is missing: give the labels of x, or a tf.data.Dataset of"
            " (inputs, labels)."
        )
    arrays = inputs.arrays | {"labels": forms.array(y, "y")}
    if sample_weight is not None:
        arrays["weights"] = forms.array(sample_weight, "sample_weight")
    return Arrays(arrays)


def split(labeled: Source, share: float) -> tuple[Arrays, tuple]:
    """Splits off validation data as Keras does: the last rows.

    Args:
        labeled: Labeled inputs.
        share: Share to validate on, in (0, 1).

    Returns:
        The first rows to train on, and `validation_data`.

    Raises:
        UserError: They are no arrays, or one side is left without a row.
    """
    if not isinstance(labeled, Arrays):
        raise UserError(
            "validation_split takes the last rows of arrays, and x gives"
            " batches: leave it out and give validation_data."
        )
    count = int(labeled.length * (1 - share))
    if not 0 < count < labeled.length:
        raise UserError(
            f"validation_split={share} leaves one side without an example:"
            " give a share in (0, 1)."
        )
    first = Arrays(labeled.rows(slice(0, count)))
    return first, _parts(labeled.rows(slice(count, None)))
