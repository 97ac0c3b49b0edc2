"""A user's arrays and datasets, on their way to a train step."""

from collections.abc import Mapping
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.streams import LABELED_ORDER, UNLABELED_ORDER
from xvat_tf.errors import UserError
from xvat_tf.training.own_data import labels as labels_in
from xvat_tf.training.own_data.batch_checks import BatchChecks, check_batch
from xvat_tf.training.own_data.feed import Feed
from xvat_tf.training.own_data.parts import Arrays, Part

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


def split_options(options: Mapping) -> tuple[dict, dict]:
    """Options of `OwnData.feed`, and those of `keras.Model.fit`."""
    own = {name: options[name] for name in _OWN_OPTIONS if name in options}
    return own, {n: v for n, v in options.items() if n not in own}


def checked(data, num_outputs: int, checks: BatchChecks, origin: str = ""):
    """The same data of `evaluate`, as Keras takes them, or an error.

    Args:
        data: `(x, y)`, `(x, y, weights)`, or a dataset of such batches, whose
            values are checked as they come.
        num_outputs: Outputs of the classifier.
        checks: Tell what was found in a dataset.
        origin: What to put before the names.

    Raises:
        UserError: As of `check_batch`.
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
    return isinstance(spec, Mapping) and "labels" in spec


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
    ) -> Feed:
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
            _require_labeled_batches(inputs.element_spec)
            labeled = inputs
        else:
            labeled = _labeled_arrays(inputs, y, sample_weight)
            if validation_split:
                labeled, options = _split(labeled, validation_split)
        if self._unlabeled is not None:
            _require_same_shape(labeled, self._unlabeled)
        unlabeled_batch_size = unlabeled_batch_size or 4 * batch_size
        return Feed(
            self.floating,
            Part.of(labeled, batch_size, (seed, LABELED_ORDER)),
            self._unlabeled
            and Part.of(
                self._unlabeled, unlabeled_batch_size, (seed, UNLABELED_ORDER)
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
            return Arrays({"images": dict(inputs)})
        return Arrays({"images": np.asarray(inputs)})

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


def _require_labeled_batches(spec):
    if not (isinstance(spec, tuple) and len(spec) in (2, 3)):
        raise UserError(
            "x is a tf.data.Dataset without labels: it must give batches"
            " (inputs, labels) or (inputs, labels, weights)."
        )
    if spec[1].shape.rank == 0:
        raise UserError(
            "x gives single examples, and a step takes batches of them: call"
            " x.batch(32) before."
        )


def _require_same_shape(labeled, unlabeled):
    """Of arrays; a dataset may not know its shapes."""
    if not (isinstance(labeled, Arrays) and isinstance(unlabeled, Arrays)):
        return
    shapes = [
        [np.shape(part)[1:] for part in tf.nest.flatten(side.arrays["images"])]
        for side in (labeled, unlabeled)
    ]
    if shapes[0] != shapes[1]:
        raise UserError(
            "labeled and unlabeled inputs must have the same shape, given"
            f" {', '.join(map(str, shapes[0]))} and"
            f" {', '.join(map(str, shapes[1]))}."
        )


def _labeled_arrays(inputs, y, sample_weight):
    if y is None:
        raise UserError(
            "y is missing: give the labels of x, or a tf.data.Dataset of"
            " (inputs, labels)."
        )
    arrays = inputs.arrays | {"labels": np.asarray(y)}
    if sample_weight is not None:
        arrays["weights"] = np.asarray(sample_weight)
    return Arrays(arrays)


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
    first = Arrays(labeled.rows(slice(0, count)))
    return first, {"validation_data": validation}
