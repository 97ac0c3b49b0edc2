"""The power iteration of VAT at a length that the arithmetic can hold.

vat_tf takes the gradient of a KL divergence at x + 1e-6 d. In float32 that
step and what it changes of the prediction are often below the rounding of
their numbers, and the gradient is exactly 0. Here both are scaled.
"""

import tensorflow as tf

from xvat_tf.perturbations.passes import Forward


def probing_length(images: tf.Tensor, unit: float) -> tf.Tensor:
    """Length of the probing step for each image: sqrt(unit) times its norm.

    Rounding x + xi d changes the step by a share of unit |x| / xi, the
    curvature of the network changes the gradient by one that grows as
    xi / |x| (a step of |x| leads to other images). The sum is least at
    xi = sqrt(unit) |x|, where each is sqrt(unit), 0.0003 in float32.

    Args:
        images: float, `(batch, ...)`.
        unit: `spacing` of the arithmetic.

    Returns:
        float, `(batch, 1, ...)`, above 0; an image of zeros has the length of
        the others, and 1 stands for their norm if all are zeros.
    """
    axes = list(range(1, images.shape.rank))
    # Divided first: a square may be more than the type holds.
    largest = tf.reduce_max(tf.abs(images))
    largest = tf.where(largest > 0, largest, tf.ones_like(largest))
    parts = tf.square(images / largest)
    squares = tf.reduce_sum(parts, axes, keepdims=True)
    mean = tf.reduce_mean(squares)
    mean = tf.where(mean > 0, mean, tf.ones_like(mean))
    squares = tf.where(squares > 0, squares, mean)
    return tf.cast(unit**0.5, images.dtype) * largest * tf.sqrt(squares)


def steepest_logits(
    clean_logits: tf.Tensor, probed_logits: tf.Tensor
) -> tf.Tensor:
    """Gradient of KL(clean || probed) with respect to the logits, to scale.

    It is q - p, and p * (c - <p, c>) to first order in the change c of the
    logits. The second form does not subtract two numbers near each other, so
    it holds where p and q are the same float.

    Returns:
        float, `(batch, classes)`, largest entry 1 or -1; 0 where the change
        is the same for all classes. No gradient.
    """
    p = tf.nn.softmax(clean_logits)
    change = probed_logits - clean_logits
    mean = tf.reduce_sum(p * change, axis=-1, keepdims=True)
    return tf.stop_gradient(to_one(p * (change - mean)))


def iterate(
    forward: Forward,
    images: tf.Tensor,
    clean_logits: tf.Tensor,
    direction: tf.Tensor,
    xi: tf.Tensor,
) -> tf.Tensor:
    """One power iteration; where there is no gradient the direction stays.

    Of a prediction that does not change, every direction is the worst.
    `direction`, shape of `images`, has length 1, the next one any above 0;
    `xi` is the `probing_length`. No gradient.
    """
    point = images + xi * direction
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(point)
        logits = forward(point)
        height = tf.reduce_sum(steepest_logits(clean_logits, logits) * logits)
    gradient = to_one(tape.gradient(height, point))
    axes = list(range(1, images.shape.rank))
    found = tf.reduce_any(gradient != 0, axes, keepdims=True)
    return tf.stop_gradient(tf.where(found, gradient, direction))


def to_one(values):
    """Each example divided by its largest absolute entry, if that is not 0."""
    axes = list(range(1, values.shape.rank))
    largest = tf.reduce_max(tf.abs(values), axes, keepdims=True)
    return tf.math.divide_no_nan(values, largest)
