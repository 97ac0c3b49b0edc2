"""Arrays and datasets as batches of named tensors, from a step on."""

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias

import numpy as np
import tensorflow as tf

from xvat_tf.data.graph_scaling import on_host
from xvat_tf.data.index_batches import index_batches, rows_in_order
from xvat_tf.errors import UserError


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


class Ordered:
    """What gives batches in an order: dicts of named tensors.

    They have `images`, a tensor or a dict of them, `indices`, and of labeled
    inputs `labels` and perhaps `weights`.

    Attributes:
        num_rows: Examples, if they have numbers.
        labels: Labels of all examples, if they are in an array.
    """

    num_rows: int | None = None
    labels: np.ndarray | None = None
    _seed: tuple[int, int] | None = None

    def drawn(self, batch_size: int, seed: tuple[int, int] | None) -> Self:
        """The same inputs in the order of a seed; None takes them as they lie.

        `batch_size` is the rows of a batch of arrays.
        """
        drawn = copy.copy(self)
        drawn._seed = seed
        return drawn

    def first(self) -> tf.data.Dataset:
        """A batch to look at before; nothing of an empty source."""
        return self.batches(Start(lambda: 0, lambda: 0)).take(1)

    def batches(self, start: Start) -> tf.data.Dataset:
        """Batches without an end, but for those that are read only once."""
        raise NotImplementedError

    def _numbers(self, start, count, size):
        """Numbers of the rows, or of the batches, of each step."""

        def numbers(step):
            if self._seed is None or count is None:
                return rows_in_order(count, size, step)
            return index_batches(count, size, self._seed, start_step=step)

        return _from(start.step, numbers)


class Arrays(Ordered):
    """Arrays of equal length, by the names that a batch has."""

    def __init__(self, arrays: Mapping):
        self.arrays, self._batch_size = arrays, 1
        lengths = {len(part) for part in tf.nest.flatten(arrays)}
        if len(lengths) != 1:
            raise UserError(
                "inputs, labels and weights must have the same length, given"
                f" {', '.join(map(str, sorted(lengths)))}."
            )
        (length,) = lengths
        self.num_rows = self._length = length
        self.labels = arrays.get("labels")
        parts = tf.nest.flatten(arrays["images"])
        self.shapes = [tf.TensorShape((None, *p.shape[1:])) for p in parts]

    def drawn(self, batch_size, seed):
        drawn = super().drawn(batch_size, seed)
        drawn._batch_size = min(batch_size, self.num_rows)
        return drawn

    @property
    def steps(self) -> int:
        """Batches in a pass; of others perhaps `INFINITE`, or `UNKNOWN`."""
        return -(-self._length // self._batch_size)

    def rows(self, which: slice | np.ndarray) -> "Arrays":
        return Arrays(tf.nest.map_structure(lambda p: p[which], self.arrays))

    def first(self):
        """A batch to look at, of all places: rows may lie class by class."""
        places = np.linspace(0, self.num_rows - 1, self._batch_size)
        places = places.astype(np.int32)
        batch = self.rows(places).arrays | {"indices": places}
        return tf.data.Dataset.from_tensors(batch)

    def as_tuple(self) -> tuple:
        """Inputs, labels, and weights if there are any, as Keras takes them."""
        names = ("images", "labels", "weights")
        return tuple(self.arrays[n] for n in names if n in self.arrays)

    def batches(self, start):
        arrays = tf.nest.map_structure(on_host, self.arrays)

        def read(_, indices):
            rows = tf.nest.map_structure(
                lambda part: tf.gather(part, indices), arrays
            )
            return rows | {"indices": indices}

        order = self._numbers(start, self.num_rows, self._batch_size)
        return order.map(read, tf.data.AUTOTUNE)


class Batches(Ordered):
    """Batches of a dataset: inputs, perhaps labels, perhaps weights."""

    def __init__(self, dataset: Any, element_spec: Any):
        self._dataset, self.element_spec = dataset, element_spec

    @property
    def inputs_spec(self):
        spec = self.element_spec
        return spec[0] if isinstance(spec, tuple) else spec

    @property
    def shapes(self):
        return [part.shape for part in tf.nest.flatten(self.inputs_spec)]

    @property
    def steps(self):
        return int(self._dataset.cardinality())

    def first(self):
        return self._dataset.take(1).map(named)

    def one_pass(self) -> tf.data.Dataset:
        """The batches of a pass over a source of unknown length."""
        return self._dataset.map(named)

    def batches(self, start):
        endless, steps = self.one_pass().repeat(), self.steps
        if steps > 0:
            return _from(start.step, lambda k: endless.skip(k % steps))
        return _from(start.resumed, endless.skip)


Source: TypeAlias = Arrays | Batches


def _from(step, make):
    """A dataset of a step that is asked for when the first batch is read."""

    def now(_):
        found = tf.numpy_function(lambda: np.int64(step()), [], tf.int64)
        return tf.ensure_shape(found, ())

    return tf.data.Dataset.from_tensors(0).map(now).flat_map(make)


def named(images, *rest):
    # Positions in the batch: its inputs have no index of their own.
    places = tf.range(tf.shape(tf.nest.flatten(images)[0])[0])
    named = zip(("labels", "weights"), rest, strict=False)
    return {"images": images, "indices": places} | dict(named)
