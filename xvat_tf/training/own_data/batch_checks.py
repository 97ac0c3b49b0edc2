"""What batches must hold: of arrays at once, of datasets as they come."""

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_finite, check_numbers
from xvat_tf.errors import UserError
from xvat_tf.training.own_data import labels as labels_in


def check_batch(
    batch: Mapping, num_outputs: int, inputs: str = "x", origin: str = ""
) -> None:
    """Checks the values of a batch, or of all rows at once.

    A UserError names what is no number, not finite, no class, no weight; it
    calls images `inputs`, and begins every name with `origin`.
    """
    for part in tf.nest.flatten(batch["images"]):
        check_numbers(origin + inputs, np.asarray(part))
        check_finite(origin + inputs, np.asarray(part))
    if "labels" in batch:
        labels = np.asarray(batch["labels"])
        labels_in.check(f"{origin}y", labels, num_outputs)
    if "weights" in batch:
        weights = np.asarray(batch["weights"])
        labels_in.check_weights(f"{origin}sample_weight", weights)


class BatchChecks:
    """Checks the batches of datasets on their way to a step.

    They run in the input pipeline, whatever compiles the step. TensorFlow
    makes an error of its own of one that is raised there; `told` raises the
    first again as it was.
    """

    def __init__(self) -> None:
        self._found: UserError | None = None

    def on(self, batch: Mapping, *more) -> Mapping:
        """The same batch of tensors; arguments as in `check_batch`."""
        tensors = [tf.convert_to_tensor(t) for t in tf.nest.flatten(batch)]

        def look(*values):
            try:
                check_batch(tf.nest.pack_sequence_as(batch, values), *more)
            except UserError as error:
                self._found = self._found or error
                raise
            return True

        with tf.control_dependencies(
            [tf.numpy_function(look, tensors, tf.bool)]
        ):
            same = [tf.identity(tensor) for tensor in tensors]
        return tf.nest.pack_sequence_as(batch, same)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Within it the error that a batch raised is a `UserError`."""
        try:
            yield
        except tf.errors.OpError:
            if self._found is None:
                raise
            raise self._found from None
