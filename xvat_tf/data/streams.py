"""Endless batches; batch k follows from the seed and k alone."""

import tensorflow as tf

from xvat_tf.data.augmentation import augment
from xvat_tf.data.prepared import PreparedData
from xvat_tf.data.record_stream import record_batches
from xvat_tf.data.streamed_images import StreamedImages
from xvat_tf.errors import UserError

# What a random number is for: each purpose has numbers of its own.
_LABELED_ORDER, _UNLABELED_ORDER, _LABELED_AUG, _UNLABELED_AUG = range(4)
_FOREVER = tf.int64.max


def training_stream(
    data: PreparedData,
    *,
    batch_size: int,
    ul_batch_size: int | None,
    seed: int,
    start_step: int = 0,
    aug_trans: bool = False,
    aug_flip: bool = False,
) -> tf.data.Dataset:
    """Batches of labeled and unlabeled images without an end.

    Each pass over a list is a fresh shuffle; what is left of a pass and does
    not fill a batch is dropped, so that no image is twice in a batch.

    Args:
        data: The images.
        batch_size: Labeled images in a batch.
        ul_batch_size: Unlabeled images in a batch; None gives none.
        seed: Seed of order and augmentation, 0 to 2^32 - 1.
        start_step: First batch; `k` continues where `k` batches ended.
        aug_trans: Shift images, see `augment`.
        aug_flip: Mirror images, see `augment`.

    Returns:
        Dicts of `images` (float, `(batch_size, *image_shape)`), `labels` and
        `indices` (int32, `(batch_size,)`; positions in the labeled list),
        and with unlabeled images `unlabeled_images` and `unlabeled_indices`
        (positions in the unlabeled list).

    Raises:
        UserError: A batch is larger than its list of images.
    """
    changes = {"shift": aug_trans, "flip": aug_flip}
    _check_size("batch_size", batch_size, len(data.labeled_images))
    parts = [
        _index_batches(
            len(data.labeled_images),
            batch_size,
            (seed, _LABELED_ORDER),
            start_step,
        ).map(_labeled_reader(data, (seed, _LABELED_AUG), changes), -1)
    ]
    if ul_batch_size is not None:
        _check_size("ul_batch_size", ul_batch_size, len(data.unlabeled_images))
        unlabeled = (
            _unlabeled_records
            if isinstance(data.unlabeled_images, StreamedImages)
            else _unlabeled_batches
        )
        parts.append(unlabeled(data, ul_batch_size, seed, start_step, changes))
    merged = tf.data.Dataset.zip(*parts).map(_merge)
    return merged.prefetch(tf.data.AUTOTUNE)


def _unlabeled_batches(data, size, seed, start_step, changes):
    return _index_batches(
        len(data.unlabeled_images), size, (seed, _UNLABELED_ORDER), start_step
    ).map(_unlabeled_reader(data, (seed, _UNLABELED_AUG), changes), -1)


def _unlabeled_records(data, size, seed, start_step, changes):
    return record_batches(
        data.unlabeled_images,
        size,
        order_seed=(seed, _UNLABELED_ORDER),
        augmentation_seed=(seed, _UNLABELED_AUG),
        start_step=start_step,
        **changes,
    )


def _check_size(flag, size, count):
    if size > count:
        raise UserError(
            f"--{flag}={size} is larger than the {count} images that batches"
            " are drawn from: give at most that."
        )


def _index_batches(count, size, seed, start_step):
    """Batch numbers, int64, with positions in [0, count), int32 `(size,)`.

    A pass is shuffled when it is reached; starting late skips whole passes
    unseen and at most one pass of positions, never images.
    """
    per_pass = count // size
    first_pass, done = divmod(start_step, per_pass)

    def one_pass(number):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=tf.random.fold_in(seed, number)
        )
        batches = tf.reshape(order[: per_pass * size], (per_pass, size))
        return tf.data.Dataset.from_tensor_slices(batches)

    passes = tf.data.Dataset.range(first_pass, _FOREVER)
    steps = tf.data.Dataset.range(start_step, _FOREVER)
    return tf.data.Dataset.zip(steps, passes.flat_map(one_pass).skip(done))


def _labeled_reader(data, seed, changes):
    read = _image_reader(data.labeled_images, seed, changes)
    labels = _on_host(data.labeled_labels)

    def read_batch(step, indices):
        return {
            "images": read(step, indices),
            "labels": tf.gather(labels, indices),
            "indices": indices,
        }

    return read_batch


def _unlabeled_reader(data, seed, changes):
    read = _image_reader(data.unlabeled_images, seed, changes)

    def read_batch(step, indices):
        return {
            "unlabeled_images": read(step, indices),
            "unlabeled_indices": indices,
        }

    return read_batch


def _image_reader(images, seed, changes):
    """A function of step and positions to images, changed at random."""
    images = _on_host(images)

    def read(step, indices):
        batch = tf.gather(images, indices)
        if not any(changes.values()):
            return batch
        return augment(batch, tf.random.fold_in(seed, step), **changes)

    return read


def _on_host(array):
    """An eager tensor: datasets refer to it, graphs do not swallow it."""
    with tf.device("/cpu:0"):
        return tf.constant(array)


def _merge(*parts):
    return {key: value for part in parts for key, value in part.items()}
