"""What users hand over as batches of named tensors, from a step on.

A batch is a dict of `images`, a tensor or a dict of them, `indices`, and of
labeled inputs `labels` and perhaps `weights`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
import tensorflow as tf

from xvat_tf.data.index_batches import index_batches, rows_in_order
from xvat_tf.data.streams import on_host

Seed: TypeAlias = tuple[int, int] | None


class Start(NamedTuple):
    """Where batches begin, asked for when the first of them is read.

    Before, a callback may have restored an earlier run. Data whose order
    follows from the step begin at `step`, others after `resumed` batches.
    """

    step: Callable[[], int]
    resumed: Callable[[], int]


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """Batches that begin anywhere and have no end, and `one` to look at.

    `steps` are those of a pass, perhaps `INFINITE` or, with a `one_pass`,
    `UNKNOWN`. Batches of arrays come with these; others can perhaps be read
    only `once`.
    """

    one: tf.data.Dataset
    steps: int
    begin: Callable[[Start], tf.data.Dataset]
    one_pass: tf.data.Dataset = None
    arrays: Mapping | None = None
    once: bool = False

    @property
    def spec(self) -> Mapping:
        return self.one.element_spec

    @property
    def num_rows(self) -> int | None:
        """Inputs, if they are numbered, as those of arrays are."""
        if self.arrays is None:
            return None
        return len(tf.nest.flatten(self.arrays)[0])


def of_arrays(arrays: Mapping, batch_size: int, seed: Seed) -> Source:
    """Full batches of arrays with as many rows, by the names of a batch.

    They are read in the order of a seed; without one as they lie.
    """
    count = len(tf.nest.flatten(arrays)[0])
    size = min(batch_size, count)
    # Of all places: rows may lie class by class.
    places = np.linspace(0, count - 1, size).astype(np.int32)
    one = tf.nest.map_structure(lambda part: part[places], arrays)

    def order(step):
        if seed is None:
            return rows_in_order(count, size, step)
        return index_batches(count, size, seed, start_step=step)

    def begin(start):
        held = tf.nest.map_structure(on_host, arrays)

        def read(_, indices):
            rows = tf.nest.map_structure(lambda p: tf.gather(p, indices), held)
            return rows | {"indices": indices}

        return from_step(start.step, order).map(read, tf.data.AUTOTUNE)

    return Source(
        tf.data.Dataset.from_tensors(one | {"indices": places}),
        -(-count // size),
        begin,
        arrays=arrays,
    )


def of_dataset(
    dataset: tf.data.Dataset,
    one: tf.data.Dataset | None = None,
    once: bool = False,
) -> Source:
    """Batches of a dataset: inputs, perhaps labels, perhaps weights."""
    one_pass, steps = dataset.map(named), int(dataset.cardinality())

    def begin(start):
        endless = one_pass.repeat()
        if steps > 0:
            return from_step(start.step, lambda k: endless.skip(k % steps))
        return from_step(start.resumed, endless.skip)

    one = one_pass.take(1) if one is None else one.map(named)
    return Source(one, steps, begin, one_pass, once=once)


def from_step(step: Callable[[], int], make: Callable) -> tf.data.Dataset:
    """A dataset of a step that is asked for when the first batch is read."""

    def now(_):
        found = tf.numpy_function(lambda: np.int64(step()), [], tf.int64)
        return tf.ensure_shape(found, ())

    return tf.data.Dataset.from_tensors(0).map(now).flat_map(make)


@tf.autograph.experimental.do_not_convert
def named(images, *rest) -> Mapping:
    """A batch by names, its indices places: inputs have none of their own."""
    length = tf.shape(tf.nest.flatten(images)[0])[:1]
    others = zip(("labels", "weights", "more"), rest, strict=False)
    places = tf.range(tf.reduce_sum(length))  # Of a scalar none.
    return {"images": images, "indices": places} | dict(others)
