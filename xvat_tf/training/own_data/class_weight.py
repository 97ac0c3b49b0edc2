"""Weights by class in the forms that users have."""

import numbers
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from xvat_tf.errors import UserError

ClassWeight: TypeAlias = Mapping[int, float] | Sequence[float] | str


def by_class(
    class_weight: ClassWeight, labels: np.ndarray | None, num_outputs: int
) -> dict[int, float]:
    """Weight by class.

    Args:
        class_weight: Weight by class, a list of a weight for each class, or
            `"balanced"`: n / (classes present * examples of the class), as
            scikit-learn's.
        labels: Labels of all examples; None if they are not in arrays.
        num_outputs: Outputs of the classifier.
    """
    classes = max(num_outputs, 2)
    if isinstance(class_weight, str):
        return _balanced(class_weight, labels)
    if not isinstance(class_weight, Mapping):
        class_weight = dict(enumerate(_listed(class_weight, classes)))
    for key, weight in class_weight.items():
        if not isinstance(key, numbers.Integral) or not 0 <= key < classes:
            raise UserError(
                f"class_weight has the class {key!r}, and the classifier tells"
                f" {classes} classes apart: give classes 0 to {classes - 1}."
            )
        if not isinstance(weight, numbers.Real) or not 0 <= weight < np.inf:
            raise UserError(
                f"class_weight of class {key} is {weight!r}: give a finite"
                " number, 0 or above."
            )
    return {int(key): float(w) for key, w in class_weight.items()}


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
