"""Which rows of a table a process holds, and where they lie."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Held:
    """The rows whose index modulo `strata` is in [first, last).

    They lie in the order of their indices.
    """

    strata: int = 1
    first: int = 0
    last: int = 1

    def rows(self, total: int) -> np.ndarray:
        """Indices of the held rows of a table of `total`, int64, ascending."""
        indices = np.arange(total)
        of_row = indices % self.strata
        return indices[(self.first <= of_row) & (of_row < self.last)]

    def count(self, total: int) -> int:
        """How many rows of a table of `total` are held."""
        whole, rest = divmod(total, self.strata)
        width = self.last - self.first
        return whole * width + min(max(rest - self.first, 0), width)

    def places(self, indices):
        """Where rows lie: their positions among the held ones, in [0, count).

        Indices are an int tensor or array, `(n,)`, of held rows.
        """
        if self.first == 0 and self.last == self.strata:
            return indices
        width = self.last - self.first
        place = indices // self.strata * width
        return place + indices % self.strata - self.first


EVERYTHING = Held()
