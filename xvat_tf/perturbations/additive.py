"""Additive perturbations: r_adv of AT and r_vadv of VAT, as in vat_tf."""

from collections.abc import Callable

import tensorflow as tf

from xvat_tf.perturbations.divergences import cross_entropy, kl_divergence
from xvat_tf.perturbations.passes import Forward
from xvat_tf.perturbations.probing import iterate, probing_length
from xvat_tf.perturbations.spacing import spacing


def normalize(direction: tf.Tensor) -> tf.Tensor:
    """Scales each example to L2 norm 1 in the two stages of vat_tf.

    The first division, by the largest entry, keeps tiny gradients (1e-30
    squared is 0 in float32) from vanishing in the second. The norm is 1 to
    within 5e-7, or 0 where `direction`, `(batch, ...)`, is 0. Gradient flows.
    """
    axes = list(range(1, direction.shape.rank))
    largest = tf.reduce_max(tf.abs(direction), axes, keepdims=True)
    direction /= 1e-12 + largest
    squares = tf.reduce_sum(tf.square(direction), axes, keepdims=True)
    return direction / tf.sqrt(1e-6 + squares)


def virtual_adversarial_perturbation(
    forward: Forward,
    images: tf.Tensor,
    clean_logits: tf.Tensor,
    noise: tf.Tensor,
    *,
    xi: float | None = None,
    num_power_iterations: int,
    epsilon: float,
    loss_scale: tf.Tensor | float = 1.0,
    unit: float | None = None,
) -> tf.Tensor:
    """Finds the small step that changes the prediction most (paper eq. 4).

    Each power iteration replaces the direction by the gradient of
    KL(clean || probed) at `xi` times the unit direction (vat.py of vat_tf).
    With a given `xi` an example whose gradient rounds to 0 gets r = 0, as in
    vat_tf; without, it keeps the direction that it had.

    Args:
        forward: Images -> logits without side effects.
        images: float, `(batch, ...)`. No gradient.
        clean_logits: float, `(batch, classes)`, target. No gradient.
        noise: Start direction, shape of `images`; need not be normalised.
        xi: Length of the probing step, above 0. At the official 1e-6 x + xi d
            rounds away much of d in float32. None takes `probing_length`.
        num_power_iterations: 1 or more.
        epsilon: L2 norm of the result, per example, above 0.
        loss_scale: With a given `xi`: multiplies the KL before its gradient is
            taken, which would vanish in a float16 network. Above 0.
        unit: Without `xi`: `spacing` of the forward pass; by default that of
            the images' type.

    Returns:
        r_vadv, shape of `images`, L2 norm `epsilon`. No gradient.
    """
    clean_logits = tf.stop_gradient(clean_logits)
    direction = noise
    if xi is None:
        length = probing_length(images, unit or spacing(images.dtype.name))
    for _ in range(num_power_iterations):
        start = normalize(direction)
        if xi is None:
            direction = iterate(forward, images, clean_logits, start, length)
            continue
        direction = gradient_at(
            lambda step: kl_divergence(clean_logits, forward(images + step)),
            xi * start,
            loss_scale,
        )
    return tf.stop_gradient(epsilon * normalize(direction))


def perturbation_against_prediction(
    forward: Forward,
    images: tf.Tensor,
    clean_logits: tf.Tensor,
    *,
    epsilon: float,
    loss_scale: tf.Tensor | float = 1.0,
) -> tf.Tensor:
    """Finds the small step on which the prediction loses most certainty.

    The steepest descent of sum_k (p_k - 1 / classes) f_k(x), with the
    prediction p held: of the mean logit under p against the plain mean. A
    power iteration leaves the sign of its axis to chance: on half of the
    images the prediction becomes more certain, and the loss asks for less.
    Here it always asks for more. Not in vat_tf. Arguments and result as in
    `virtual_adversarial_perturbation`.
    """
    classes = tf.cast(tf.shape(clean_logits)[-1], clean_logits.dtype)
    p = tf.nn.softmax(tf.stop_gradient(clean_logits))
    certainty = gradient_at(
        lambda x: tf.reduce_sum((p - 1 / classes) * forward(x), axis=-1),
        images,
        loss_scale,
    )
    return tf.stop_gradient(-epsilon * normalize(certainty))


def adversarial_perturbation(
    forward: Forward,
    images: tf.Tensor,
    labels: tf.Tensor,
    *,
    epsilon: float,
    norm: str,
    loss_scale: tf.Tensor | float = 1.0,
) -> tf.Tensor:
    """Finds the linearised worst step against the label (paper eq. 2, vat.py).

    Labels are int32, `(batch,)`; `epsilon` is the `"l2"` norm per example or,
    for `"linf"`, the size of each entry. Other arguments and the result as in
    `virtual_adversarial_perturbation`.
    """
    gradient = gradient_at(
        lambda x: cross_entropy(labels, forward(x)), images, loss_scale
    )
    direction = tf.sign(gradient) if norm == "linf" else normalize(gradient)
    return tf.stop_gradient(epsilon * direction)


def gradient_at(
    loss: Callable[[tf.Tensor], tf.Tensor],
    point: tf.Tensor,
    loss_scale: tf.Tensor | float = 1.0,
) -> tf.Tensor:
    """Gradient of the mean of a loss, point -> `(batch,)`, at a point."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(point)
        scaled = loss_scale * tf.reduce_mean(loss(point))
    return tape.gradient(scaled, point) / loss_scale
