"""The unlabeled images of a run that stay in a file."""

import dataclasses
import itertools

import numpy as np

from xvat_tf.data.array_checks import differing_scales
from xvat_tf.data.image_file import ImageFile, begin_digest, unusable
from xvat_tf.data.image_writer import write_images
from xvat_tf.data.scaling import Scaler
from xvat_tf.data.sources import Source, data_folder
from xvat_tf.data.splits import Split
from xvat_tf.errors import UserError, note
from xvat_tf.settings import DataSettings

_DIGEST_DIGITS = 16
_FEW = 100


@dataclasses.dataclass(frozen=True, eq=False)
class StreamedImages:
    """Stands where an array of unlabeled images would; reads what is asked.

    Attributes:
        file: The images as stored.
        rows: Which of them, int64 `(n,)`.
        scaler: Makes network inputs of them.
    """

    file: ImageFile
    rows: np.ndarray
    scaler: Scaler

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array, `(n, *image_shape)`."""
        return (len(self), *self.file.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: slice | np.ndarray) -> np.ndarray:
        """Scaled images at a slice or at integers: for a few only.

        Raises:
            UserError: The file is damaged.
        """
        rows = self.rows[places]
        with np.errstate(over="ignore"):  # It is told below.
            images = self.scaler(self.file.read(rows))
        finite = np.isfinite(images.reshape(len(rows), -1)).all(axis=1)
        for row in rows[~finite][:1]:
            fault = f"image {row} has values that are NaN or infinite"
            raise unusable(self.file.path, fault)
        return images


def stream_unlabeled(
    data: DataSettings, source: Source, split: Split, scaler: Scaler
) -> tuple[StreamedImages, Split]:
    """The unlabeled images of a run as rows of a file.

    The file holds all training images and then the extra ones, unscaled, and
    is written first where the folder has none. Where data of the user have no
    images of their own without labels, a file of others replaces the list.

    Returns:
        The images, and the split, with the list and the digest of other
        images where there are some.

    Raises:
        UserError: The folder holds other images, is damaged, or cannot be
            written.
    """
    parts = [source.train_images]
    if source.extra_images is not None:
        parts.append(source.extra_images)
    digest = begin_digest(parts[0].shape[1:], parts[0].dtype)
    for part in parts:
        digest.update(np.ascontiguousarray(part).data)
    sha256 = digest.hexdigest()
    home = data_folder(data.data_dir) / "xvat_tf_images"
    folder = home / f"{data.dataset}-{sha256[:_DIGEST_DIGITS]}"
    images = itertools.chain(*parts)
    file = write_images(images, data.stream_dir or folder, exist_ok=True)
    if file.sha256 == sha256:
        return StreamedImages(file, split.unlabeled, scaler), split
    _require_like(data, source, file)
    rows = np.arange(file.shape[0])
    few = {"the labeled images": source.train_images[:_FEW]}
    few |= {f"{file.path}": file.read(rows[:_FEW])}
    for text in differing_scales(few):
        note(text)
    split = dataclasses.replace(split, unlabeled=rows, streamed=file.sha256)
    return StreamedImages(file, rows, scaler), split


def _require_like(data, source, file):
    """Other images take the place of a list of the user's, of their kind."""
    labeled = source.train_images
    own = data.own_files and data.stream_dir and source.extra_images is None
    # Pixels of 8 bits and floats are scaled differently: never mixed.
    alike = (file.dtype == np.uint8) == (labeled.dtype == np.uint8)
    if not own or not alike or file.shape[1:] != labeled.shape[1:]:
        raise UserError(
            f"{file.path} holds other images, {file.shape[1:]} of {file.dtype},"
            f" than --dataset={data.dataset}, {labeled.shape[1:]} of"
            f" {labeled.dtype}: give another --stream_dir. For data of your own"
            " without x_unlabeled or unlabeled/ it may hold others of the same"
            " shape, uint8 or float in both."
        )
