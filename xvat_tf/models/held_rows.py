"""Which rows of a table a process holds, and where they lie."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Held:
    """The rows whose index modulo `shards` is in [first, last).

    They lie in the order of their indices.

    Attributes:
        shards: Number of residue classes.
        first: First class that is held.
        last: The one after the last that is held.
    """

    shards: int = 1
    first: int = 0
    last: int = 1

    def rows(self, total: int) -> np.ndarray:
        """Indices of the held rows of a table of `total`, int64, ascending."""
        indices = np.arange(total)
        classes = indices % self.shards
        return indices[(self.first <= classes) & (classes < self.last)]

    def count(self, total: int) -> int:
        """How many rows of a table of `total` are held."""
        whole, rest = divmod(total, self.shards)
        width = self.last - self.first
        return whole * width + min(max(rest - self.first, 0), width)

    def places(self, indices):
        """Where rows lie: their positions among the held ones.

        Args:
            indices: int tensor or array, `(n,)`, of held rows.

        Returns:
            int, `(n,)`, in [0, count).
        """
        if self.first == 0 and self.last == self.shards:
            return indices
        width = self.last - self.first
        place = indices // self.shards * width
        return place + indices % self.shards - self.first


EVERYTHING = Held()
