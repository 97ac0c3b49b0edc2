"""Unlabeled images that stay on disk."""

import dataclasses

import numpy as np

from xvat_tf.data.scaling import Scaler
from xvat_tf.data.shard_files import Shards


@dataclasses.dataclass(frozen=True, eq=False)
class StreamedImages:
    """Stands where an array of unlabeled images would; reads what is asked.

    Attributes:
        shards: The images as stored.
        scaler: Makes network inputs of them.
        shuffle_buffer: Records that are shuffled at a time, 1 or above.
    """

    shards: Shards
    scaler: Scaler
    shuffle_buffer: int

    @property
    def shape(self) -> tuple[int, ...]:
        """As of the array, `(count, *image_shape)`."""
        return (self.shards.count, *self.shards.shape)

    def __len__(self) -> int:
        return self.shards.count

    def __getitem__(self, places: slice | np.ndarray) -> np.ndarray:
        """Scaled images at a slice or at integers `(n,)`: for a few only."""
        if isinstance(places, slice):
            places = np.arange(len(self))[places]
        return self.scaler(self.shards.read(places))
