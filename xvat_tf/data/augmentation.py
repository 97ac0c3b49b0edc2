"""Random shifts and mirror images, each batch a function of its seed."""

import tensorflow as tf

_REACH = 2  # Pixels; the official code pads by as many zeros on each side.


def augment(
    images: tf.Tensor,
    seed: tf.Tensor,
    *,
    shift: bool,
    flip: bool,
    start: int = 0,
    total: int | None = None,
) -> tf.Tensor:
    """Shifts and mirrors every image of a batch on its own.

    Args:
        images: Float, `(batch, height, width, channels)`. No gradient.
        seed: Two integers; the same seed gives the same result.
        shift: Crop the zero-padded image at one of 5x5 offsets, all equally
            likely: a move by up to 2 pixels each way.
        flip: Mirror left and right with probability 1/2.
        start: Place of the first image in the global batch that the random
            numbers are drawn for.
        total: Images of the global batch; by default these.
    """
    seeds = tf.random.split(seed, 2)
    batch = tf.shape(images)[0]
    total = batch if total is None else total
    offsets = tf.fill((batch, 2), _REACH)
    if shift:
        offsets = tf.random.stateless_uniform(
            (total, 2), seeds[0], 0, 2 * _REACH + 1, tf.int32
        )[start : start + batch]
    mirrored = tf.fill((batch,), False)
    if flip:
        draw = tf.random.stateless_uniform((total,), seeds[1])
        mirrored = draw[start : start + batch] < 0.5
    return crop(images, offsets, mirrored)


def augmented_views(
    name: str, images: tf.Tensor, step: tf.Tensor, seeds, **changes
) -> dict[str, tf.Tensor]:
    """Augments a batch, once or twice independently.

    The results are called `name` and `second_<name>`; each has a seed, two
    integers, from which its draw follows with the step. `changes` are options
    of `augment`; without any there is one result, `images`.
    """
    if not (changes["shift"] or changes["flip"]):
        return {name: images}
    drawn = zip((name, f"second_{name}"), seeds, strict=False)
    return {
        view: augment(images, tf.random.fold_in(seed, step), **changes)
        for view, seed in drawn
    }


def crop(
    images: tf.Tensor, offsets: tf.Tensor, mirrored: tf.Tensor
) -> tf.Tensor:
    """Crops each image out of its padded self, then mirrors some.

    One gather of pixels does both; mirroring with `tf.where` would triple
    the time of a batch.

    Args:
        images: Float, `(batch, height, width, channels)`.
        offsets: int32, `(batch, 2)`, first row and column of the crop in
            [0, 4]; (2, 2) leaves the image as it is.
        mirrored: bool, `(batch,)`, True mirrors left and right.
    """
    batch = tf.shape(images)[0]
    height, width, channels = images.shape[1:]
    border = (_REACH, _REACH)
    padded = tf.pad(images, ((0, 0), border, border, (0, 0)))
    rows = offsets[:, :1] + tf.range(height)
    columns = offsets[:, 1:] + tf.range(width)
    columns = tf.where(mirrored[:, tf.newaxis], columns[:, ::-1], columns)
    rows += tf.range(batch)[:, tf.newaxis] * (height + 2 * _REACH)
    pixels = rows[:, :, tf.newaxis] * (width + 2 * _REACH)
    pixels += columns[:, tf.newaxis, :]
    return tf.gather(tf.reshape(padded, (-1, channels)), pixels)
