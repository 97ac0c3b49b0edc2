"""The data sets as arrays, in the order and with the values of their files."""

import dataclasses
import pathlib

import numpy as np

from xvat_tf.data.source import Source
from xvat_tf.datasets import find_dataset
from xvat_tf.files.arrays import digest
from xvat_tf.named import named
from xvat_tf.settings import DataSettings

_EMBEDDED = pathlib.Path(__file__).parent / "embedded"
# The digits file is ordered by writer: its end has writers of its own.
_DIGITS_TRAIN = 1297
_DIGITS_LARGEST = 16


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
