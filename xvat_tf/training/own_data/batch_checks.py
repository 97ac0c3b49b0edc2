"""What batches must hold: of arrays at once, of datasets as they come."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_finite, check_numbers
from xvat_tf.training.own_data import labels as labels_in


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
        labels_in.check(f"{origin}y", labels, num_outputs)
    if "weights" in batch:
        weights = np.asarray(batch["weights"])
        labels_in.check_weights(f"{origin}sample_weight", weights)


def checked(batch: Mapping, num_outputs: int, origin: str = "") -> Mapping:
    """The same batch of a dataset, which `check_batch` looks at as it comes.

    In the input pipeline, whatever compiles the step.
    """
    tensors = [tf.convert_to_tensor(t) for t in tf.nest.flatten(batch)]

    def look(*values):
        found = tf.nest.pack_sequence_as(batch, values)
        check_batch(found, num_outputs, origin)
        return True

    with tf.control_dependencies([tf.numpy_function(look, tensors, tf.bool)]):
        same = [tf.identity(tensor) for tensor in tensors]
    return tf.nest.pack_sequence_as(batch, same)
