"""A mask table whose rows lie on several workers, as one array for files."""

import functools

import numpy as np
import tensorflow as tf

from xvat_tf.models import MaskTable
from xvat_tf.models.tables import Held
from xvat_tf.training.replicas.distribution import Distribution

# Numbers that travel at once: 64 MB of float32.
_AT_ONCE = 2**24


class WholeTable:
    """Stands for the variable of a whole table, in the order of the images.

    Its rows are sent when a file is written and never otherwise, a block at a
    time; only the chief keeps them.
    """

    def __init__(self, table: MaskTable, distribution: Distribution):
        self._table, self._distribution = table, distribution
        self.shape = (table.num_images, *table.mask_shape)

    def numpy(self) -> np.ndarray:
        """All rows; every worker must call it, and others get no rows."""
        total, chief = self.shape[0], self._distribution.is_chief
        shape = self.shape if chief else (0, *self.shape[1:])
        whole = np.empty(shape, self._table.table.dtype)
        held = self._table.held
        width = held.last - held.first
        owners = [
            Held(held.strata, w * width, (w + 1) * width)
            for w in range(self._distribution.num_workers)
        ]
        longest = max(held.count(total) for held in owners)
        size = max(_AT_ONCE // int(np.prod(self.shape[1:])), 1)
        size = min(size, longest)
        for start in range(0, longest, size):
            blocks = self._gather(start, size)
            if chief:
                for held, block in zip(owners, blocks, strict=True):
                    rows = held.rows(total)[start : start + size]
                    whole[rows] = block[: len(rows)]
        return whole

    def assign(self, array: np.ndarray) -> None:
        """Takes the rows of this process out of the whole table."""
        rows = self._table.held.rows(self.shape[0])
        self._table.table.assign(array[rows])

    def _gather(self, start, size):
        """Rows [start, start + size) of every worker, filled up with 0."""
        rows = self._table.table.value[start : start + size]
        missing = size - rows.shape[0]
        rows = tf.pad(rows, [[0, missing]] + [[0, 0]] * (len(self.shape) - 1))
        copies = self._distribution.num_local
        return self._of_all(rows[tf.newaxis]).numpy()[::copies]

    @functools.cached_property
    def _of_all(self):
        strategy = self._distribution.strategy

        def on_replica(rows):
            context = tf.distribute.get_replica_context()
            # A copy on the device of the replica: a gather goes by devices.
            return context.all_gather(tf.identity(rows), axis=0)

        def of_all(rows):
            gathered = strategy.run(on_replica, (rows,))
            return strategy.experimental_local_results(gathered)[0]

        return tf.function(of_all, autograph=False)
