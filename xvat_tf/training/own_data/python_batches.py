"""Batches from Python: a PyDataset, a generator, another library's loader."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.reading_ahead import read_ahead, read_untuned
from xvat_tf.errors import UserError
from xvat_tf.training.own_data.sources import (
    Seed,
    Source,
    from_step,
    named,
    of_dataset,
)


def gives_batches(values: Any) -> bool:
    """Whether one iterates over it for batches: no array and no structure."""
    if isinstance(values, keras.utils.PyDataset):
        return True
    structure = isinstance(values, str | bytes | list | tuple | Mapping)
    is_array = hasattr(values, "__array__") or hasattr(values, "toarray")
    tensor = isinstance(values, tf.SparseTensor | tf.RaggedTensor)
    iterable = isinstance(values, Iterable)
    return iterable and not (structure or is_array or tensor)


def of_batches(values: Any, parsed: Callable, name: str, seed: Seed) -> Source:
    """The batches of what gives some; a UserError if none or ragged ones.

    It is a dataset, a PyDataset, a generator, another library's loader;
    `parsed` makes a batch from Python a tuple of arrays and dicts of them. A
    seed shuffles those of a PyDataset.
    """
    if isinstance(values, tf.data.Dataset):
        specs = tf.nest.flatten(values.element_spec)
        if any(isinstance(spec, tf.RaggedTensorSpec) for spec in specs):
            raise UserError(
                f"{name} gives ragged tensors, and every example must have the"
                " same shape: call to_tensor() on them before."
            )
        return of_dataset(values)
    is_numbered = isinstance(values, keras.utils.PyDataset)
    if is_numbered and values.num_batches != 0:
        return _of_numbered(values, parsed, seed)
    batches = iter(() if is_numbered else values)
    first = next(batches, None)
    if first is None:
        raise UserError(f"{name} gives no batch: there is nothing to train on.")
    one = _one(parsed(first))
    if batches is values:
        rest = map(parsed, itertools.chain([first], batches))
        once = _generated(lambda: rest, one.element_spec)
        return of_dataset(once, one, once=True)
    dataset = _generated(lambda: map(parsed, values), one.element_spec)
    if isinstance(values, Sized):
        sized = tf.data.experimental.assert_cardinality(len(values))
        dataset = dataset.apply(sized)
    return of_dataset(dataset)


def _of_numbered(data, parsed, seed):
    """Batches of a PyDataset, in an order that follows from the step.

    Its `on_epoch_end` is called when the last batch of a pass was read.
    """
    count, one = data.num_batches, _one(parsed(data[0]))

    def read(step):
        for k in itertools.count(int(step)):
            batch = parsed(data[_number(k, count, seed)])
            if count and (k + 1) % count == 0:
                data.on_epoch_end()
            yield batch

    def passes(step):
        return _generated(read, one.element_spec, args=(step,))

    return Source(
        one.map(named),
        tf.data.INFINITE_CARDINALITY if count is None else count,
        lambda start: from_step(start.step, passes).map(named),
    )


def _number(k, count, seed):
    """Which is the k-th batch, of passes that are shuffled one by one."""
    if count is None:
        return k
    if seed is None:
        return k % count
    rng = np.random.default_rng([*seed, k // count])
    return int(rng.permutation(count)[k % count])


def with_next(
    batches: tf.data.Dataset, others: tf.data.Dataset
) -> tf.data.Dataset:
    """Puts the next of `others` beside each of `batches`; both give dicts.

    Whenever `batches` are read again, `others` go on where reading stopped:
    to the batch, which a zip would not, as it takes one more at the end.
    """
    iterators: list = []

    def pairs():
        if not iterators:
            iterators.append(iter(read_untuned(others)))
        for batch in read_untuned(batches):
            yield batch | next(iterators[0])

    spec = batches.element_spec | others.element_spec
    return read_ahead(_generated(pairs, spec))


def _one(batch):
    """A dataset of a batch from Python, whose last may have fewer rows."""
    spec = tf.nest.map_structure(
        lambda part: tf.TensorSpec((None, *np.shape(part)[1:]), part.dtype),
        batch,
    )
    return _generated(lambda: [batch], spec)


def _generated(batches, spec, args=None):
    return tf.data.Dataset.from_generator(
        batches, output_signature=spec, args=args
    )
