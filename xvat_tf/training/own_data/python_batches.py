"""Batches from Python: a PyDataset, a generator, another library's loader."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.reading_ahead import read_ahead, read_untuned
from xvat_tf.errors import UserError
from xvat_tf.training.own_data.sources import Batches, Ordered, named


def gives_batches(values: Any) -> bool:
    """Whether one iterates over it for batches: no array and no structure."""
    if isinstance(values, keras.utils.PyDataset):
        return True
    structure = isinstance(values, str | bytes | list | tuple | Mapping)
    is_array = hasattr(values, "__array__") or hasattr(values, "toarray")
    tensor = isinstance(values, tf.SparseTensor | tf.RaggedTensor)
    iterable = isinstance(values, Iterable)
    return iterable and not (structure or is_array or tensor)


def batches_of(values: Any, parsed: Callable, name: str) -> Batches:
    """The batches of what gives some; a UserError if it gives none.

    Args:
        values: A dataset, a PyDataset, a generator, another library's loader.
        parsed: Makes a batch from Python a tuple of arrays and dicts of them.
        name: Of the argument, for the message.
    """
    if isinstance(values, tf.data.Dataset):
        return Batches(values, values.element_spec)
    is_indexed = isinstance(values, keras.utils.PyDataset)
    if is_indexed and values.num_batches != 0:
        return IndexedBatches(values, parsed)
    batches = iter(() if is_indexed else values)
    first = next(batches, None)
    if first is None:
        raise UserError(f"{name} gives no batch: there is nothing to train on.")
    if batches is values:
        return ReadOnce(parsed(first), map(parsed, batches))
    return _loader(values, parsed, _spec(parsed(first)))


class IndexedBatches(Batches):
    """Batches of a PyDataset, read by their number.

    Its `on_epoch_end` is called after the last batch of a pass was read.
    """

    first = Ordered.first

    def __init__(self, source: keras.utils.PyDataset, parsed: Callable):
        super().__init__(None, _spec(parsed(source[0])))
        self._source, self._parsed = source, parsed
        self._length = source.num_batches

    @property
    def steps(self):
        return (
            tf.data.INFINITE_CARDINALITY
            if self._length is None
            else self._length
        )

    def batches(self, start):
        types = [spec.dtype for spec in tf.nest.flatten(self.element_spec)]

        def read(step, numbers):
            parts = tf.numpy_function(self._read, [step, numbers], types)
            return _packed(parts, self.element_spec)

        return self._numbers(start, self._length, 1).map(read).map(named)

    def _read(self, step, numbers):
        batch = tf.nest.flatten(self._parsed(self._source[int(numbers[0])]))
        if self._length and (step + 1) % self._length == 0:
            self._source.on_epoch_end()
        pairs = zip(batch, tf.nest.flatten(self.element_spec), strict=True)
        return [part.astype(spec.dtype.as_numpy_dtype) for part, spec in pairs]


class ReadOnce(Batches):
    """Batches of a generator, which cannot be rewound; the first stays."""

    steps = tf.data.UNKNOWN_CARDINALITY

    def __init__(self, first: Any, others: Iterable):
        spec, rest = _spec(first), itertools.chain([first], others)
        super().__init__(_generated(lambda: rest, spec), spec)
        self._first = _generated(lambda: iter([first]), spec)

    def first(self):
        return self._first.map(named)

    def batches(self, start):
        return self.one_pass()


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
            iterators.append(iter(read_untuned(others)))
        return [part.numpy() for part in tf.nest.flatten(next(iterators[0]))]

    types = [spec.dtype for spec in tf.nest.flatten(others.element_spec)]

    def join(batch):
        parts = tf.numpy_function(take, [], types)
        return batch | _packed(parts, others.element_spec)

    return read_ahead(batches.map(join))


def _loader(values, parsed, spec):
    """Batches that can be iterated over again and again."""
    dataset = _generated(lambda: map(parsed, values), spec)
    if isinstance(values, Sized):
        sized = tf.data.experimental.assert_cardinality(len(values))
        dataset = dataset.apply(sized)
    return Batches(dataset, spec)


def _generated(batches, spec):
    return tf.data.Dataset.from_generator(batches, output_signature=spec)


def _packed(parts, spec):
    """What a Python function gave a pipeline, in its structure and shapes."""
    return tf.nest.map_structure(
        lambda part, of: tf.ensure_shape(part, of.shape),
        tf.nest.pack_sequence_as(spec, parts),
        spec,
    )


def _spec(batch):
    return tf.nest.map_structure(
        lambda part: tf.TensorSpec((None, *np.shape(part)[1:]), part.dtype),
        batch,
    )
