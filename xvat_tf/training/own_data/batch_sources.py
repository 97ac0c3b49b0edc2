"""Batches from Python: a PyDataset, a generator, another library's loader."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.errors import UserError


def gives_batches(values: Any) -> bool:
    """Whether one iterates over it for batches: no array and no structure."""
    if isinstance(values, keras.utils.PyDataset):
        return True
    structure = isinstance(values, str | bytes | list | tuple | Mapping)
    is_array = hasattr(values, "__array__") or hasattr(values, "toarray")
    tensor = isinstance(values, tf.SparseTensor | tf.RaggedTensor)
    iterable = isinstance(values, Iterable)
    return iterable and not (structure or is_array or tensor)


class IndexedBatches:
    """Batches of a PyDataset, read by their number.

    Args:
        source: The PyDataset; its `on_epoch_end` is called after the last
            batch of a pass was read.
        parsed: Makes a batch a tuple of arrays and dicts of arrays.
        name: Of the argument, for messages.

    Attributes:
        length: Batches in a pass; None if there is no end.
        element_spec: Structure, shapes and types of a batch.

    Raises:
        UserError: It has no batch.
    """

    def __init__(
        self, source: keras.utils.PyDataset, parsed: Callable, name: str
    ):
        self._source, self._parsed = source, parsed
        self.length = source.num_batches
        if self.length == 0:
            raise _empty(name)
        self.element_spec = _spec(parsed(source[0]))

    def read(self, order: tf.data.Dataset) -> tf.data.Dataset:
        """Reads batches in an order of `(step, numbers)`, one number each."""
        types = [spec.dtype for spec in tf.nest.flatten(self.element_spec)]

        def read(step, numbers):
            parts = tf.numpy_function(self._read, [step, numbers], types)
            return packed(parts, self.element_spec)

        return order.map(read)

    def _read(self, step, numbers):
        batch = tf.nest.flatten(self._parsed(self._source[int(numbers[0])]))
        if self.length and (step + 1) % self.length == 0:
            self._source.on_epoch_end()
        pairs = zip(batch, tf.nest.flatten(self.element_spec), strict=True)
        return [part.astype(spec.dtype.as_numpy_dtype) for part, spec in pairs]


class ReadOnce:
    """Batches of a generator, which cannot be rewound.

    Args:
        iterator: The generator.
        parsed: As in `IndexedBatches`.
        name: Of the argument, for messages.

    Attributes:
        element_spec: Structure, shapes and types of a batch.

    Raises:
        UserError: It gives nothing.
    """

    def __init__(self, iterator: Iterable, parsed: Callable, name: str):
        batches = map(parsed, iterator)
        self._first = next(batches, None)
        if self._first is None:
            raise _empty(name)
        self._all = itertools.chain([self._first], batches)
        self.element_spec = _spec(self._first)

    def first(self) -> tf.data.Dataset:
        """The first batch, which stays there to be read."""
        return self._dataset(lambda: iter([self._first]))

    def read(self) -> tf.data.Dataset:
        """What is still to be read."""
        return self._dataset(lambda: self._all)

    def _dataset(self, batches):
        return tf.data.Dataset.from_generator(
            batches, output_signature=self.element_spec
        )


def loader(values: Iterable, parsed: Callable, name: str) -> tf.data.Dataset:
    """Makes a dataset of batches that can be iterated over again and again.

    Args:
        values: Such as a loader of another library.
        parsed: As in `IndexedBatches`.
        name: Of the argument, for the message.

    Raises:
        UserError: It gives nothing.
    """
    first = next(iter(values), None)
    if first is None:
        raise _empty(name)
    dataset = tf.data.Dataset.from_generator(
        lambda: map(parsed, values), output_signature=_spec(parsed(first))
    )
    if not isinstance(values, Sized):
        return dataset
    return dataset.apply(tf.data.experimental.assert_cardinality(len(values)))


def packed(parts, spec):
    """What a Python function gave a pipeline, in its structure and shapes."""
    return tf.nest.map_structure(
        lambda part, of: tf.ensure_shape(part, of.shape),
        tf.nest.pack_sequence_as(spec, parts),
        spec,
    )


def _empty(name):
    return UserError(f"{name} gives no batch: there is nothing to train on.")


def _spec(batch):
    return tf.nest.map_structure(
        lambda part: tf.TensorSpec((None, *np.shape(part)[1:]), part.dtype),
        batch,
    )
