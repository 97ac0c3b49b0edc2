"""What users hand over as batches of named tensors, from a step on.

A batch is a dict of `images`, a tensor or a dict of them, `indices`, and of
labeled inputs `labels` and perhaps `weights`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import tensorflow as tf

from xvat_tf.data.index_batches import index_batches, rows_in_order
from xvat_tf.data.streams import on_host
from xvat_tf.errors import UserError

Seed: TypeAlias = tuple[int, int] | None


class Start(NamedTuple):
    """Where batches begin, asked for when the first of them is read.

    Before, a callback may have restored an earlier run. Data whose order
    follows from the step begin at `step`, others after `resumed` batches.
    """

    step: Callable[[], int]
    resumed: Callable[[], int]


@dataclasses.dataclass(frozen=True, eq=False)
class Arrays:
    """Arrays of equal length, by the names that a batch has.

    They are read in the order of a seed; without one as they lie.
    """

    arrays: dict
    batch_size: int = 1
    seed: Seed = None

    def __post_init__(self):
        lengths = [
            (name.replace("images", "inputs"), len(part))
            for name, value in self.arrays.items()
            for part in tf.nest.flatten(value)
        ]
        if len({length for _, length in lengths}) != 1:
            given = dict.fromkeys(
                f"{length} {name}" for name, length in lengths
            )
            raise UserError(
                "inputs, labels and weights must have the same length, given"
                f" {', '.join(given)}."
            )

    @property
    def num_rows(self) -> int:
        return len(tf.nest.flatten(self.arrays)[0])

    @property
    def shapes(self) -> list[tf.TensorShape]:
        parts = tf.nest.flatten(self.arrays["images"])
        return [tf.TensorShape((None, *part.shape[1:])) for part in parts]

    @property
    def steps(self) -> int:
        """Batches in a pass; of `Batches` perhaps `INFINITE` or `UNKNOWN`."""
        return -(-self.num_rows // self.batch_size)

    def drawn(self, batch_size: int, seed: Seed) -> "Arrays":
        return Arrays(self.arrays, min(batch_size, self.num_rows), seed)

    def rows(self, which: slice | np.ndarray) -> "Arrays":
        return Arrays(tf.nest.map_structure(lambda p: p[which], self.arrays))

    def as_tuple(self) -> tuple:
        """Inputs, labels, and weights if there are any, as Keras takes them."""
        names = ("images", "labels", "weights")
        return tuple(self.arrays[n] for n in names if n in self.arrays)

    def first(self) -> tf.data.Dataset:
        """A batch to look at, of all places: rows may lie class by class."""
        places = np.linspace(0, self.num_rows - 1, self.batch_size)
        places = places.astype(np.int32)
        batch = self.rows(places).arrays | {"indices": places}
        return tf.data.Dataset.from_tensors(batch)

    def batches(self, start: Start) -> tf.data.Dataset:
        arrays = tf.nest.map_structure(on_host, self.arrays)

        def order(step):
            count, size = self.num_rows, self.batch_size
            if self.seed is None:
                return rows_in_order(count, size, step)
            return index_batches(count, size, self.seed, start_step=step)

        def read(_, indices):
            rows = tf.nest.map_structure(
                lambda part: tf.gather(part, indices), arrays
            )
            return rows | {"indices": indices}

        return from_step(start.step, order).map(read, tf.data.AUTOTUNE)


class Batches:
    """Batches of a dataset: inputs, perhaps labels, perhaps weights."""

    num_rows = None

    def __init__(self, dataset: Any, first: tf.data.Dataset | None = None):
        self._dataset = dataset
        self._first = dataset.take(1) if first is None else first
        self.element_spec = self._first.element_spec

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

    def drawn(self, batch_size, seed):
        return self

    def first(self):
        return self._first.map(named)

    def one_pass(self) -> tf.data.Dataset:
        """The batches of a pass over a source of unknown length."""
        return self._dataset.map(named)

    def batches(self, start):
        endless, steps = self.one_pass().repeat(), self.steps
        if steps > 0:
            return from_step(start.step, lambda k: endless.skip(k % steps))
        return from_step(start.resumed, endless.skip)


Source: TypeAlias = Arrays | Batches


def from_step(step: Callable[[], int], make: Callable) -> tf.data.Dataset:
    """A dataset of a step that is asked for when the first batch is read."""

    def now(_):
        found = tf.numpy_function(lambda: np.int64(step()), [], tf.int64)
        return tf.ensure_shape(found, ())

    return tf.data.Dataset.from_tensors(0).map(now).flat_map(make)


def named(images, *rest) -> Mapping:
    """A batch by names, its indices places: inputs have none of their own."""
    places = tf.range(tf.shape(tf.nest.flatten(images)[0])[0])
    others = zip(("labels", "weights"), rest, strict=False)
    return {"images": images, "indices": places} | dict(others)
