"""Labels and weights in the forms that users have, as losses take them."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.errors import UserError


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


def class_weights(
    class_weight: Mapping[int, float], labels: tf.Tensor
) -> tf.Tensor:
    """Weight of each example by its class, 1 where none is given.

    Args:
        class_weight: Weight by class.
        labels: As `canonical` gives them; of probabilities the largest counts.

    Returns:
        float, `(n,)`.
    """
    size = max(class_weight) + 1
    table = [float(class_weight.get(k, 1.0)) for k in range(size)]
    if labels.dtype.is_floating:
        labels = tf.argmax(labels, axis=-1, output_type=tf.int32)
    known = tf.minimum(labels, size - 1)
    weights = tf.gather(tf.constant(table, keras.config.floatx()), known)
    return tf.where(labels < size, weights, tf.ones_like(weights))


def check(labels: np.ndarray, num_outputs: int) -> None:
    """Checks labels of arrays against the classifier.

    Raises:
        UserError: They name a class that it does not know.
    """
    classes = max(num_outputs, 2)
    check_width(labels.shape, num_outputs)
    wide = labels.ndim == 2 and labels.shape[1] > 1
    if not wide and (labels.min() < 0 or labels.max() >= classes):
        wrong = labels.max() if labels.min() >= 0 else labels.min()
        raise UserError(
            f"y has the label {wrong}, and the classifier tells {classes}"
            f" classes apart: labels must be 0 to {classes - 1}."
        )


def check_width(shape, num_outputs: int) -> None:
    """Checks as much of labels as their shape tells; raises as `check`."""
    classes = max(num_outputs, 2)
    if len(shape) == 2 and shape[1] not in (1, classes):
        raise UserError(
            f"the labels are probabilities of {shape[1]} classes, and the"
            f" classifier tells {classes} apart: they must agree."
        )
