"""A data set as arrays, before splitting and scaling."""

import dataclasses

import numpy as np

from xvat_tf.files.arrays import digest
from xvat_tf.settings.own_defaults import Extent


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """A data set before splitting and scaling.

    Attributes:
        train_images: uint8 or float `(n, h, w, c)`, or float `(n, d)`.
        train_labels: int32, `(n,)`, values in [0, num_classes).
        test_images: Type and shape of `train_images` but for `n`.
        test_labels: int32, as `train_labels`.
        num_classes: Number of classes.
        extra_images: Unlabeled images beyond the training images, or None.
        basis: Orthonormal float64 rows `(2, 100)` that map the plane of
            moons and circles into the input space; None for other data sets.
        class_names: Of class 0, 1, ...; empty where none are known.
        sha256: Digest of the content, which tells a run whether the data are
            those that it was trained on.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    num_classes: int
    extra_images: np.ndarray | None = None
    basis: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def extent(self) -> Extent:
        """Size and number of the training images."""
        images, extra = self.train_images, self.extra_images
        rest = 0 if extra is None else len(extra)
        return Extent(images.shape[1:], len(images), rest)

    def digest(self) -> str:
        """Computes the SHA-256 of all images and labels."""
        arrays = {
            "train_images": self.train_images,
            "train_labels": self.train_labels,
            "test_images": self.test_images,
            "test_labels": self.test_labels,
        }
        if self.extra_images is not None:
            arrays["extra_images"] = self.extra_images
        return digest(arrays)
