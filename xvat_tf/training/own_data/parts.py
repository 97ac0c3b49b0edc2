"""Endless batches of arrays, or of a dataset of batches."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from xvat_tf.data.host_arrays import on_host
from xvat_tf.data.index_batches import index_batches
from xvat_tf.errors import UserError


class Arrays:
    """Arrays of equal length by name; `images` may be a dict of arrays."""

    def __init__(self, arrays: Mapping):
        self.arrays = arrays
        lengths = {len(part) for part in tf.nest.flatten(arrays)}
        if len(lengths) != 1:
            raise UserError(
                "inputs, labels and weights must have the same length, given"
                f" {', '.join(map(str, sorted(lengths)))}."
            )
        (self.length,) = lengths

    def rows(self, which):
        return tf.nest.map_structure(lambda part: part[which], self.arrays)


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Labeled or unlabeled inputs: endless batches of them.

    Attributes:
        source: Arrays, or the user's batches.
        batch_size: Rows of a batch of arrays.
        seed: Two integers.
    """

    source: Arrays | tf.data.Dataset
    batch_size: int
    seed: tuple[int, int]

    @classmethod
    def of(cls, source, batch_size, seed):
        if isinstance(source, Arrays):
            if not source.length:
                raise UserError("there is no example to train on, given 0.")
            batch_size = min(batch_size, source.length)
        return cls(source, batch_size, seed)

    @property
    def steps(self) -> int | None:
        """Batches in a pass; None if the source does not know."""
        if isinstance(self.source, Arrays):
            return -(-self.source.length // self.batch_size)
        count = int(self.source.cardinality())
        return count if count > 0 else None

    @property
    def num_rows(self) -> int | None:
        return getattr(self.source, "length", None)

    def batches(self, start_step: int) -> tf.data.Dataset:
        """Arrays: dicts with `indices`; a dataset's batches as they come."""
        if not isinstance(self.source, Arrays):
            return self.source.repeat()
        order = index_batches(
            self.source.length,
            self.batch_size,
            self.seed,
            start_step=start_step,
        )
        arrays = tf.nest.map_structure(on_host, self.source.arrays)

        def read(_, indices):
            rows = tf.nest.map_structure(
                lambda part: tf.gather(part, indices), arrays
            )
            return rows | {"indices": indices}

        return order.map(read, tf.data.AUTOTUNE)
