"""The data of a run: loaded, split, scaled."""

import dataclasses

import numpy as np

from xvat_tf.data.scaling import Scaler, make_scaler
from xvat_tf.data.sources import load_source
from xvat_tf.data.splits import Split, make_split
from xvat_tf.data.streamed_images import StreamedImages, stream_unlabeled
from xvat_tf.errors import UserError, note
from xvat_tf.settings import DataSettings


@dataclasses.dataclass(frozen=True, eq=False)
class PreparedData:
    """What a run trains and evaluates on. Arrays may share memory.

    Attributes:
        labeled_images: Float, `(labeled, *image_shape)`.
        labeled_labels: int32, `(labeled,)`, values in [0, num_classes).
        unlabeled_images: Float, `(unlabeled, *image_shape)`; contains the
            labeled images, or none of them with `num_unlabeled_examples`.
            With `--streaming` they stay on disk.
        test_images: Float, `(test, *image_shape)`; the held-out training
            images under `--validation`.
        test_labels: int32, `(test,)`.
        num_classes: Number of classes.
        split: Where the images come from.
        scaler: How they were scaled.
        basis: Rows that span the plane of moons and circles, or None.
        class_names: Of class 0, 1, ...; empty where none are known.
        sha256: Digest of the data set as it is stored.
    """

    labeled_images: np.ndarray
    labeled_labels: np.ndarray
    unlabeled_images: np.ndarray | StreamedImages
    test_images: np.ndarray
    test_labels: np.ndarray
    num_classes: int
    split: Split
    scaler: Scaler
    basis: np.ndarray | None
    class_names: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one input: `(height, width, channels)` or `(d,)`."""
        return self.labeled_images.shape[1:]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; their numbers where none are known."""
        return self.class_names or tuple(map(str, range(self.num_classes)))


def prepare(data: DataSettings, dtype: str = "float32") -> PreparedData:
    """Loads the data set, splits it and scales it.

    Whitening is fitted to all training images, including held-out ones, as in
    the official code. Images are of type `dtype`, float32 or float64.

    Raises:
        UserError: The data cannot be loaded, or do not fit the settings.
    """
    source = load_source(data)
    _check_augmentation(data, source)
    extra = source.extra_images
    split = make_split(
        data,
        source.train_labels,
        source.num_classes,
        num_extra=0 if extra is None else len(extra),
        class_names=source.class_names,
    )
    _note_unlearned(source, split)
    scaler = make_scaler(data, source.train_images, dtype)
    if data.streaming:  # Scales what is read; the source can go afterwards.
        unlabeled, split = stream_unlabeled(data, source, split, scaler)

        def scaled(positions):
            return scaler(source.train_images[positions])

    else:
        train_images = pool = scaler(source.train_images)
        if extra is not None:
            pool = np.concatenate([train_images, scaler(extra)])
        unlabeled = _take(pool, split.unlabeled)

        def scaled(positions):
            return _take(train_images, positions)

    if data.validation:
        test_images = scaled(split.validation)
        test_labels = source.train_labels[split.validation]
    else:
        test_images, test_labels = (
            scaler(source.test_images),
            source.test_labels,
        )
    return PreparedData(
        labeled_images=scaled(split.labeled),
        labeled_labels=source.train_labels[split.labeled],
        unlabeled_images=unlabeled,
        test_images=test_images,
        test_labels=test_labels,
        num_classes=source.num_classes,
        split=split,
        scaler=scaler,
        basis=source.basis,
        class_names=source.class_names,
        sha256=source.sha256,
    )


def _note_unlearned(source, split):
    """Names classes whose labels are all held out, or were not drawn."""
    found = set(source.train_labels[split.labeled].tolist())
    names = source.class_names or range(source.num_classes)
    missing = [str(name) for k, name in enumerate(names) if k not in found]
    if missing:
        note(
            f"no labeled image of {', '.join(missing)}: a network cannot learn"
            " what it is never told."
        )


def _take(images, positions):
    """Rows of `images`; itself, not a copy, if all are taken in order."""
    if np.array_equal(positions, np.arange(len(images))):
        return images
    return images[positions]


def _check_augmentation(data, source):
    if (data.aug_trans or data.aug_flip) and source.train_images.ndim == 2:
        raise UserError(
            f"--aug_trans and --aug_flip need images; --dataset={data.dataset}"
            " has vectors: leave them out."
        )
