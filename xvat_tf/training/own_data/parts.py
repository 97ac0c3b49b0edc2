"""Batches of arrays, or of a user's batches, from a step on."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from xvat_tf.data.host_arrays import on_host
from xvat_tf.data.index_batches import index_batches, rows_in_order
from xvat_tf.errors import UserError
from xvat_tf.training.own_data.batch_sources import (
    IndexedBatches,
    ReadOnce,
    packed,
)

INFINITE = tf.data.INFINITE_CARDINALITY
UNKNOWN = tf.data.UNKNOWN_CARDINALITY


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


Source: TypeAlias = Arrays | IndexedBatches | ReadOnce | tf.data.Dataset


@dataclasses.dataclass(frozen=True)
class Start:
    """Where batches begin, asked for when the first of them is read.

    Between the making of a stream and its first batch a callback may have
    restored the state of an earlier run.

    Attributes:
        step: Steps done: where data begin whose order follows from the step.
        resumed: The step of restored state, 0 without: how many batches are
            left out of data that can only be read from their beginning.
    """

    step: Callable[[], int]
    resumed: Callable[[], int]


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Labeled or unlabeled inputs.

    Attributes:
        source: Arrays, or the user's batches.
        batch_size: Rows of a batch of arrays.
        seed: Two integers; None takes rows and batches as they lie.
    """

    source: Source
    batch_size: int
    seed: tuple[int, int] | None

    @classmethod
    def of(cls, source, batch_size, seed):
        if isinstance(source, Arrays):
            if not source.length:
                raise UserError("there is no example to train on, given 0.")
            batch_size = min(batch_size, source.length)
        return cls(source, batch_size, seed)

    @property
    def steps(self) -> int:
        """Batches in a pass, or `INFINITE`, or `UNKNOWN`."""
        if isinstance(self.source, Arrays):
            return -(-self.source.length // self.batch_size)
        if isinstance(self.source, IndexedBatches):
            length = self.source.length
            return INFINITE if length is None else length
        if isinstance(self.source, ReadOnce):
            return UNKNOWN
        return int(self.source.cardinality())

    @property
    def is_once(self) -> bool:
        """Whether it is a generator, which cannot be rewound."""
        return isinstance(self.source, ReadOnce)

    @property
    def num_rows(self) -> int | None:
        """Examples, if they have numbers."""
        return self.source.length if isinstance(self.source, Arrays) else None

    @property
    def element_shapes(self) -> list[tf.TensorShape]:
        """Shapes of the inputs in a batch, as far as they are known."""
        if isinstance(self.source, Arrays):
            parts = tf.nest.flatten(self.source.arrays["images"])
            return [tf.TensorShape((None, *part.shape[1:])) for part in parts]
        spec = self.source.element_spec
        inputs = spec[0] if isinstance(spec, tuple) else spec
        return [part.shape for part in tf.nest.flatten(inputs)]

    def first(self) -> tf.data.Dataset:
        """A first batch, as in `batches`; nothing of an empty source."""
        if isinstance(self.source, ReadOnce):
            return self.source.first()
        if isinstance(self.source, Arrays | IndexedBatches):
            return self.batches(Start(lambda: 0, lambda: 0)).take(1)
        return self.source.take(1)

    def one_pass(self) -> tf.data.Dataset:
        """The batches of a pass over a source of unknown length."""
        source = self.source
        return source.read() if isinstance(source, ReadOnce) else source

    def batches(self, start: Start) -> tf.data.Dataset:
        """Batches without an end: dicts of arrays with `indices`, or as given.

        A source that can be read only once ends when it ends.
        """
        if isinstance(self.source, ReadOnce):
            return self.source.read()
        if not isinstance(self.source, Arrays | IndexedBatches):
            return self._repeated(start)
        order = _from(start.step, self._order)
        if isinstance(self.source, IndexedBatches):
            return self.source.read(order)
        arrays = tf.nest.map_structure(on_host, self.source.arrays)

        def read(_, indices):
            rows = tf.nest.map_structure(
                lambda part: tf.gather(part, indices), arrays
            )
            return rows | {"indices": indices}

        return order.map(read, tf.data.AUTOTUNE)

    def _order(self, step):
        """Numbers of the rows, or of the batches, of each step from one on."""
        is_array = isinstance(self.source, Arrays)
        count, size = self.source.length, self.batch_size if is_array else 1
        if self.seed is None or count is None:
            return rows_in_order(count, size, step)
        return index_batches(count, size, self.seed, start_step=step)

    def _repeated(self, start):
        endless, steps = self.source.repeat(), self.steps
        if steps > 0:
            return _from(start.step, lambda k: endless.skip(k % steps))
        return _from(start.resumed, endless.skip)


def _from(step, make):
    """A dataset of a step that is asked for when the first batch is read."""

    def now(_):
        found = tf.numpy_function(lambda: np.int64(step()), [], tf.int64)
        return tf.ensure_shape(found, ())

    return tf.data.Dataset.from_tensors(0).map(now).flat_map(make)


def with_next(
    batches: tf.data.Dataset, others: tf.data.Dataset
) -> tf.data.Dataset:
    """Puts the next of `others` beside each of `batches`; both give dicts.

    Whenever `batches` are read again, `others` go on where reading stopped:
    to the batch, which a zip would not, as it takes one more at the end.
    """
    iterators: list = []

    def take():
        if not iterators:
            iterators.append(iter(others))
        return [part.numpy() for part in tf.nest.flatten(next(iterators[0]))]

    types = [spec.dtype for spec in tf.nest.flatten(others.element_spec)]

    def join(batch):
        parts = tf.numpy_function(take, [], types)
        return batch | packed(parts, others.element_spec)

    return batches.map(join).prefetch(tf.data.AUTOTUNE)
