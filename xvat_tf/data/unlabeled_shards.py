"""The shards of a run's unlabeled images: found, or written first."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from xvat_tf.data.scaling import Scaler
from xvat_tf.data.shard_files import (
    Shards,
    content_digest,
    holds_shards,
    image_to_bytes,
    open_shards,
)
from xvat_tf.data.shard_writer import ensure_shards
from xvat_tf.data.sources import Source, data_folder
from xvat_tf.data.splits import Split
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings

_DIGEST_DIGITS = 16


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


def stream_unlabeled(
    data: DataSettings, source: Source, split: Split, scaler: Scaler
) -> tuple[StreamedImages, Split]:
    """The unlabeled images of a run as a folder of shards.

    The shards hold the images of `split.unlabeled` in that order, unscaled,
    and are written first where the folder has none. Where
    data of the user have no images of their own without labels, a folder that
    has shards replaces that list.

    Returns:
        The images, and the split with the list and the identity of shards.

    Raises:
        UserError: The folder holds other images, is damaged, or cannot be
            written.
    """
    positions = split.unlabeled
    if _is_of_user(data, source):
        shards = open_shards(data.stream_dir)
        _require_like(data, shards, source.train_images)
        positions = np.arange(shards.count)
    else:
        shards = _of_data_set(data, source, positions)
    images = StreamedImages(shards, scaler, data.shuffle_buffer)
    split = dataclasses.replace(
        split, unlabeled=positions, shards=shards.identity
    )
    return images, split


def _is_of_user(data, source):
    return bool(
        data.own_files
        and source.extra_images is None
        and data.stream_dir
        and holds_shards(data.stream_dir)
    )


def _require_like(data, shards, images):
    """Pixels of 8 bits and floats are scaled differently: never mixed."""
    alike = (shards.dtype == "uint8") == (images.dtype == np.uint8)
    if not alike or shards.shape != images.shape[1:]:
        raise UserError(
            f"--stream_dir={data.stream_dir} holds images {shards.shape} of"
            f" {shards.dtype}, labeled {images.shape[1:]} of {images.dtype}:"
            " give the same shape, and uint8 or float in both."
        )


def _of_data_set(data, source, positions) -> Shards:
    shape, dtype = source.train_images.shape[1:], source.train_images.dtype
    content = content_digest(shape, dtype)
    for image in _images(source, positions):
        content.update(image_to_bytes(image))
    digest = content.hexdigest()
    # Another folder for other images; scaling changes none.
    name = f"{data.dataset}-{digest[:_DIGEST_DIGITS]}"
    home = data_folder(data.data_dir) / "xvat_tf_shards"
    folder = data.stream_dir or home / name
    shards = ensure_shards(_images(source, positions), folder, digest)
    if shards.sha256 != digest:
        raise UserError(
            f"--stream_dir={folder} holds other images ({shards.count} of"
            f" {shards.shape}, {shards.dtype}) than the unlabeled ones of"
            f" --dataset={data.dataset} ({len(positions)} of {shape}, {dtype}):"
            " give another folder, or leave it out."
        )
    return shards


def _images(source, positions) -> Iterator[np.ndarray]:
    """The images at positions; extra images follow the training images."""
    count = len(source.train_images)
    for position in positions:
        if position < count:
            yield source.train_images[position]
        else:
            yield source.extra_images[position - count]
