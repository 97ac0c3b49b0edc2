"""Endless batches; batch k follows from the seed and k alone."""

import atexit
import time
from collections.abc import Callable

import tensorflow as tf

from xvat_tf.data.augmentation import augmented_views
from xvat_tf.data.index_batches import index_batches
from xvat_tf.data.prepared import PreparedData
from xvat_tf.data.reading_ahead import read_ahead
from xvat_tf.data.streamed_images import StreamedImages
from xvat_tf.errors import UserError

# What a random number is for: each purpose has numbers of its own.
LABELED_ORDER, UNLABELED_ORDER, _LABELED_AUG, _UNLABELED_AUG = range(4)
_SECOND_AUG = 4

# Reads of streamed images that threads are at, and when the last one ended.
_running: list[None] = []
_ended = [float("-inf")]
_QUIET_SECONDS = 0.3


# Its functions hold no Python control flow of tensors, and converting them
# takes longer than tracing them.
@tf.autograph.experimental.do_not_convert
def training_stream(
    data: PreparedData,
    *,
    batch_size: int,
    ul_batch_size: int | None,
    seed: int,
    start_step: int = 0,
    aug_trans: bool = False,
    aug_flip: bool = False,
    views: int = 1,
    strata: int = 1,
    part: tuple[int, int] = (0, 1),
) -> tf.data.Dataset:
    """Yields batches of labeled and unlabeled images without end.

    Each pass over a list is shuffled anew. Images at the end of a pass that do
    not fill a batch are dropped, so no image is twice in a batch.

    Args:
        data: The images.
        batch_size: Labeled images in a batch.
        ul_batch_size: Unlabeled images in a batch; None gives none.
        seed: Seed of order and augmentation, 0 to 2^32 - 1.
        start_step: First batch; `k` continues where `k` batches ended.
        aug_trans: Shift images, see `augment`.
        aug_flip: Mirror images, see `augment`.
        views: Augmentations of each unlabeled image, or of each labeled one
            where there are none: 1 or 2.
        strata: Image i is of stratum i modulo `strata`; every stratum has
            passes of its own, and a batch as many of each, in turn.
        part: `(r, R)` gives the r-th of R equal slices of every batch.

    Returns:
        Dicts of `images` (float, `(batch_size, *image_shape)`), `labels` and
        `indices` (int32, `(batch_size,)`; positions in the labeled list),
        and with unlabeled images `unlabeled_images` and `unlabeled_indices`
        (positions in the unlabeled list). Of two views of augmented images
        the other is `second_unlabeled_images`, or `second_images`.

    Raises:
        UserError: A batch is larger than its list of images.
    """
    parts = _parts(hold=on_host, **locals())
    return merged(*(order.map(read, -1) for order, read in parts))


def training_order(
    data: PreparedData, **options
) -> tuple[tf.data.Dataset, Callable]:
    """The batches of `training_stream`, to be read from a device's memory.

    Images lie where this is called, such as on a GPU, and each batch is
    gathered there: positions travel, images do not. There are no streamed
    ones; the options are all those of `training_stream`.

    Returns:
        Positions without an end, and a function of an element of them to the
        batch.
    """
    orders, readers = zip(*_parts(data, tf.constant, **options), strict=True)

    def read(elements):
        pairs = zip(readers, elements, strict=True)
        return _merge(*(reader(*element) for reader, element in pairs))

    return read_ahead(tf.data.Dataset.zip(orders)), read


def _parts(
    data,
    hold,
    *,
    batch_size,
    ul_batch_size,
    seed,
    start_step,
    aug_trans,
    aug_flip,
    views,
    strata,
    part,
):
    """Order and reader of labeled batches, and perhaps of unlabeled ones."""
    flags = {"shift": aug_trans, "flip": aug_flip}
    order = {"strata": strata, "part": part, "start_step": start_step}
    second = [(seed, _SECOND_AUG)] * (views - 1)
    images, size = data.labeled_images, batch_size
    _check_size("batch_size", size, images, strata)
    seeds = [(seed, _LABELED_AUG), *(second if ul_batch_size is None else [])]
    changes = flags | _place(size, part)
    yield (
        index_batches(len(images), size, (seed, LABELED_ORDER), **order),
        _reader("", hold(images), seeds, changes, hold(data.labeled_labels)),
    )
    if ul_batch_size is None:
        return
    images, size = data.unlabeled_images, ul_batch_size
    _check_size("ul_batch_size", size, images, strata)
    held = images if isinstance(images, StreamedImages) else hold(images)
    first, seeds = (seed, UNLABELED_ORDER), [(seed, _UNLABELED_AUG), *second]
    changes = flags | _place(size, part)
    yield (
        index_batches(len(images), size, first, **order),
        _reader("unlabeled_", held, seeds, changes),
    )


def _check_size(flag, size, images, strata):
    smallest = len(images) // strata * strata
    if size > smallest:
        raise UserError(
            f"--{flag}={size} is larger than the {len(images)} images that"
            f" batches are drawn from: give at most {smallest}."
        )


def _place(size, part):
    """Where a slice lies in the global batch."""
    index, count = part
    return {"start": index * (size // count), "total": size}


def _reader(prefix, images, seeds, changes, labels=None):
    """A function of step and positions to a batch, changed at random."""

    def read(step, indices):
        batch, name = _rows(images, indices), f"{prefix}images"
        found = augmented_views(name, batch, step, seeds, **changes)
        if labels is not None:
            found["labels"] = tf.gather(labels, indices)
        return found | {f"{prefix}indices": indices}

    return read


def _rows(images, indices):
    if not isinstance(images, StreamedImages):
        return tf.gather(images, indices)

    def read(places):
        _running.append(None)
        try:
            return images[places]
        finally:
            _running.pop()
            _ended[0] = time.monotonic()

    rows = tf.numpy_function(read, [indices], images.scaler.dtype, False)
    rows.set_shape((*indices.shape, *images.shape[1:]))
    return rows


@atexit.register
def _wait_for_reads():
    """Lets the threads of datasets fill their buffers before Python ends.

    A thread that comes back to Python later is lost, and the dataset that it
    worked for waits for it when it is deleted, for ever.
    """
    for _ in range(1000):
        if not _running and time.monotonic() > _ended[0] + _QUIET_SECONDS:
            break
        time.sleep(0.01)


def on_host(array) -> tf.Tensor:
    """An eager tensor: datasets refer to it, graphs do not swallow it."""
    with tf.device("/cpu:0"):
        return tf.constant(array)


def merged(*streams: tf.data.Dataset) -> tf.data.Dataset:
    """One stream of dicts from several, their entries side by side."""
    return read_ahead(tf.data.Dataset.zip(*streams).map(_merge))


def _merge(*parts):
    return {key: value for part in parts for key, value in part.items()}
