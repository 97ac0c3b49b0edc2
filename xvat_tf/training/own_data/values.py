"""Values of batches: what they must be, and labels as losses take them."""

import numbers
from collections.abc import Mapping
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_classes, check_finite, check_numbers
from xvat_tf.errors import UserError

ClassWeight: TypeAlias = Mapping[int, float]
# Of rows of probabilities, in float16 or to two digits.
_ROUNDED = 0.011
_SHOWN = 6


def flat(values, dtype: tf.DType) -> tf.Tensor:
    """One number per example, `(n,)`, of `(n,)` or `(n, 1)`."""
    return tf.cast(tf.reshape(values, [-1]), dtype)


def canonical(labels: tf.Tensor, num_outputs: int) -> tf.Tensor:
    """Labels as losses take them: int32 `(n,)`, or float `(n, classes)`.

    Of integers, `(n,)` or `(n, 1)`, or probabilities, `(n, classes)`. One
    output is the logit of class 1: of such a classifier 0 and 1, or the
    probability of 1.
    """
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2 and labels.shape[-1] > 1:
        return tf.cast(labels, keras.config.floatx())
    if num_outputs == 1 and labels.dtype.is_floating:
        p = flat(labels, tf.as_dtype(keras.config.floatx()))
        return tf.stack([1 - p, p], axis=-1)
    return flat(labels, tf.int32)


def by_class(class_weight: ClassWeight, num_outputs: int) -> np.ndarray:
    """Weight of each class, float `(classes,)`, 1 where none is given.

    A UserError says that a key is no class, or that a weight is none.
    """
    table = np.ones(max(num_outputs, 2))
    if not isinstance(class_weight, Mapping):
        raise UserError(
            "class_weight must be a dict of a weight by class, given"
            f" {class_weight!r:.60}."
        )
    for key, weight in class_weight.items():
        is_weight = isinstance(weight, numbers.Real) and 0 <= weight < np.inf
        if key not in range(len(table)) or not is_weight:
            raise UserError(
                f"class_weight of class {key!r} is {weight!r}: give classes 0"
                f" to {len(table) - 1}, which the classifier tells apart,"
                " finite weights of 0 or above."
            )
        table[int(key)] = weight
    return table


def class_weights(table: np.ndarray, labels: tf.Tensor) -> tf.Tensor:
    """Weight of each example by its class, `(n,)`, of what `by_class` gives.

    Labels are `canonical`; of probabilities the largest counts.
    """
    if labels.dtype.is_floating:
        labels = tf.argmax(labels, axis=-1, output_type=tf.int32)
    return tf.gather(tf.constant(table, keras.config.floatx()), labels)


def check_batch(batch: Mapping, num_outputs: int, origin: str = "") -> None:
    """Checks the values of a batch, or of all rows at once.

    A UserError names what is no number, not finite, no class, no weight; its
    names begin with `origin`. Inputs without labels are `unlabeled`.
    """
    inputs = origin + ("x" if "labels" in batch else "unlabeled")
    for part in map(np.asarray, tf.nest.flatten(batch["images"])):
        check_numbers(inputs, part)
        check_finite(inputs, part)
    if "labels" in batch:
        labels = np.asarray(batch["labels"])
        _check_labels(f"{origin}y", labels, num_outputs)
    if "weights" in batch:
        weights = np.asarray(batch["weights"])
        _check_weights(f"{origin}sample_weight", weights)


def checked(batch: Mapping, num_outputs: int, origin: str = "") -> Mapping:
    """The same batch of a dataset, which `check_batch` looks at as it comes.

    In the input pipeline, whatever compiles the step; what type and shape of
    labels tell, at once.
    """
    if "labels" in batch:
        _check_spec(f"{origin}y", batch["labels"], num_outputs)
    tensors = [tf.convert_to_tensor(t) for t in tf.nest.flatten(batch)]

    def look(*values):
        found = tf.nest.pack_sequence_as(batch, values)
        check_batch(found, num_outputs, origin)
        return True

    with tf.control_dependencies([tf.numpy_function(look, tensors, tf.bool)]):
        same = [tf.identity(tensor) for tensor in tensors]
    return tf.nest.pack_sequence_as(batch, same)


def _check_labels(name, labels, num_outputs):
    check_numbers(name, labels)
    _check_shape(name, labels.shape, num_outputs)
    check_finite(name, labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        _check_rows(name, labels)
    elif num_outputs == 1 and labels.dtype.kind not in "biu":
        if labels.size and not 0 <= labels.min() <= labels.max() <= 1:
            wrong = labels.min() if labels.min() < 0 else labels.max()
            raise UserError(
                f"{name} has {wrong}, and the classifier has one output: labels"
                " must be 0 or 1, or the probability of 1."
            )
    else:
        check_classes(name, labels, max(num_outputs, 2))


def _check_spec(name, labels, num_outputs):
    check_numbers(name, np.empty(1, labels.dtype.as_numpy_dtype))
    if labels.shape.rank is not None:
        _check_shape(name, labels.shape, num_outputs)


def _check_shape(name, shape, num_outputs):
    classes = max(num_outputs, 2)
    if len(shape) not in (1, 2):
        raise UserError(
            f"{name} has shape {tuple(shape)}: give a class for each example,"
            f" (n,), or probabilities, (n, {classes})."
        )
    if len(shape) == 2 and shape[1] not in (None, 1, classes):
        raise UserError(
            f"{name}: the labels are probabilities of {shape[1]} classes, and"
            f" the classifier tells {classes} apart: they must agree."
        )


def _check_rows(name, rows):
    """Each row is a distribution, but for the rounding of float16."""
    rows = rows.astype(np.float64)
    sums = rows.sum(axis=1)
    wrong = (rows.min(axis=1, initial=0) < 0) | (abs(sums - 1) > _ROUNDED)
    if not wrong.any():
        return
    row = rows[wrong][0]
    shown = ", ".join(f"{value:g}" for value in row[:_SHOWN])
    more = ", ..." if len(row) > _SHOWN else ""
    raise UserError(
        f"{name} has the row [{shown}{more}], which adds up to"
        f" {row.sum():g}: rows must be probabilities, 0 or above, that add up"
        " to 1, one class or a distribution over them for each example."
    )


def _check_weights(name, weights):
    check_numbers(name, weights)
    check_finite(name, weights)
    if weights.ndim not in (1, 2) or weights.shape[1:] not in ((), (1,)):
        raise UserError(
            f"{name} has shape {weights.shape}: give a weight for each"
            " example, (n,)."
        )
    if weights.size and weights.min() < 0:
        raise UserError(
            f"{name} has the weight {weights.min()}: weights must be 0 or"
            " above."
        )
