"""The data sets as arrays, in the order and with the values of their files."""

import dataclasses
import os
import pathlib

import numpy as np

from xvat_tf.datasets import find_dataset
from xvat_tf.files.arrays import digest
from xvat_tf.named import named
from xvat_tf.settings import DataSettings
from xvat_tf.settings.own_defaults import Extent

_EMBEDDED = pathlib.Path(__file__).parent / "embedded"
# The digits file is ordered by writer: its end has writers of its own.
_DIGITS_TRAIN = 1297
_DIGITS_LARGEST = 16


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


def load_source(data: DataSettings) -> Source:
    """Loads the data set of `--dataset`.

    Raises:
        UserError: It is not there, cannot be had, or is damaged.
    """
    source = named(find_dataset(data.dataset).loader)(data)
    return dataclasses.replace(source, sha256=source.sha256 or source.digest())


def load_plane(data: DataSettings) -> Source:
    """Loads points of a plane, mapped to the 100 dimensions they are used in.

    The map belongs to the data: perturbations and masks act on all 100
    coordinates. As in the released code, the test points without their
    labels are the unlabeled points.
    """
    with np.load(_EMBEDDED / f"{data.dataset}.npz", allow_pickle=False) as file:
        basis = file["basis"]
        test_points = file["x_test_2d"] @ basis
        return Source(
            train_images=file["x_train_2d"] @ basis,
            train_labels=file["y_train"],
            test_images=test_points,
            test_labels=file["y_test"],
            num_classes=2,
            extra_images=test_points,
            basis=basis,
            # Of the points: products with the map differ between machines.
            sha256=digest(dict(file)),
        )


def load_digits(data: DataSettings) -> Source:
    """Loads the 8x8 digits of scikit-learn; levels v become v * 255 / 16."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    levels = np.rint(digits.images * (255 / _DIGITS_LARGEST))
    images = levels.astype(np.uint8)[..., np.newaxis]
    labels = digits.target.astype(np.int32)
    return Source(
        train_images=images[:_DIGITS_TRAIN],
        train_labels=labels[:_DIGITS_TRAIN],
        test_images=images[_DIGITS_TRAIN:],
        test_labels=labels[_DIGITS_TRAIN:],
        num_classes=10,
    )


def data_folder(data_dir: str) -> pathlib.Path:
    """The folder that `--data_dir` names.

    The default stands for the place where tensorflow-datasets looks of itself:
    the variable TFDS_DATA_DIR, where it is set.
    """
    if data_dir == DataSettings.data_dir:
        data_dir = os.environ.get("TFDS_DATA_DIR") or data_dir
    return pathlib.Path(os.path.expanduser(data_dir))
