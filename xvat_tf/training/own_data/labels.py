"""Labels and weights in the forms that users have, as losses take them."""

import numbers
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_classes, check_finite, check_numbers
from xvat_tf.errors import UserError

ClassWeight: TypeAlias = Mapping[int, float] | Sequence[float] | str
# Of rows of probabilities, in float16 or to two digits.
_ROUNDED = 0.011
_SHOWN = 6


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


def by_class(
    class_weight: ClassWeight, labels: np.ndarray | None, num_outputs: int
) -> np.ndarray:
    """Weight of each class, float `(classes,)`, 1 where none is given.

    Args:
        class_weight: Weight by class, a list of a weight for each class, or
            `"balanced"`: n / (classes present * examples of the class), as
            scikit-learn's.
        labels: Labels of all examples; None if they are not in arrays.
        num_outputs: Outputs of the classifier.
    """
    classes = max(num_outputs, 2)
    table = np.ones(classes)
    weights: Mapping[Any, Any]
    if isinstance(class_weight, str):
        weights = _balanced(class_weight, labels)
    elif isinstance(class_weight, Mapping):
        weights = class_weight
    else:
        weights = dict(enumerate(_listed(class_weight, classes)))
    for key, weight in weights.items():
        if not isinstance(key, numbers.Integral) or not 0 <= int(key) < classes:
            raise UserError(
                f"class_weight has the class {key!r}, and the classifier tells"
                f" {classes} classes apart: give classes 0 to {classes - 1}."
            )
        if not isinstance(weight, numbers.Real) or not (
            0 <= float(weight) < np.inf
        ):
            raise UserError(
                f"class_weight of class {key} is {weight!r}: give a finite"
                " number, 0 or above."
            )
        table[int(key)] = float(weight)
    return table


def _listed(class_weight, classes):
    given = np.shape(class_weight)
    if given != (classes,):
        raise UserError(
            f"class_weight must be a dict of a weight by class, a list of"
            f" {classes} weights, or 'balanced', given"
            f" {type(class_weight).__name__} of shape {given}."
        )
    return np.asarray(class_weight).tolist()


def _balanced(name, labels):
    if name != "balanced" or labels is None:
        raise UserError(
            f"class_weight={name!r} is not known here: give a dict of a weight"
            " by class, or 'balanced' with labels in an array."
        )
    wide = labels.ndim == 2 and labels.shape[1] > 1
    labels = labels.argmax(1) if wide else labels.reshape(-1).astype(int)
    present, counts = np.unique(labels, return_counts=True)
    weights = len(labels) / (len(present) * counts)
    return dict(zip(present.tolist(), weights.tolist(), strict=True))


def class_weights(table: np.ndarray, labels: tf.Tensor) -> tf.Tensor:
    """Weight of each example by its class, `(n,)`, of what `by_class` gives.

    Labels are `canonical`; of probabilities the largest counts.
    """
    if labels.dtype.is_floating:
        labels = tf.argmax(labels, axis=-1, output_type=tf.int32)
    return tf.gather(tf.constant(table, keras.config.floatx()), labels)


def check(name: str, labels: np.ndarray, num_outputs: int) -> None:
    """Checks labels in the forms of `canonical` against the classifier.

    A UserError says that they are no classes that it knows and no
    probabilities.
    """
    check_numbers(name, labels)
    check_shape(name, labels.shape, num_outputs)
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


def check_shape(name: str, shape, num_outputs: int) -> None:
    """Checks as much of labels as their shape tells; raises as `check`."""
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


def check_spec(name: str, spec: tf.TensorSpec, num_outputs: int) -> None:
    """Checks as much of labels as type and shape tell; raises as `check`."""
    check_numbers(name, np.empty(1, spec.dtype.as_numpy_dtype))
    if spec.shape.rank is not None:
        check_shape(name, spec.shape, num_outputs)


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


def check_weights(name: str, weights: np.ndarray) -> None:
    """Checks weights of examples, `(n,)` or `(n, 1)`, finite, 0 or above."""
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
