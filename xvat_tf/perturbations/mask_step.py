"""One step of a drawn mask towards the worst one for its image."""

import tensorflow as tf

from xvat_tf.perturbations.additive import gradient_at, normalize
from xvat_tf.perturbations.divergences import cross_entropy
from xvat_tf.perturbations.multiplicative import apply_mask
from xvat_tf.perturbations.passes import Forward


def mask_step(
    forward: Forward,
    images: tf.Tensor,
    labels: tf.Tensor,
    mask: tf.Tensor,
    *,
    length: tf.Tensor | float,
    mask_gain: float = 1.0,
    loss_scale: tf.Tensor | float = 1.0,
) -> tf.Tensor:
    """Finds the small step on which a masked image loses its label fastest.

    The mask of paper eq. 6 and 8 is an arg max for each image. From a random
    mask this is one step of steepest ascent of the cross entropy, as r_adv is
    from 0. Entries that the gradient pushes out of the box [0, 1] stay, and
    the length is that of the others. Neither in the paper nor in the released
    code.

    Args:
        forward: Images -> logits without side effects.
        images: float, `(batch, ...)`. No gradient.
        labels: As in `cross_entropy`. Probabilities of the clean prediction
            give the direction of KL(clean || masked) of eq. 7.
        mask: The start, in [0, 1], as in `apply_mask`. No gradient.
        length: L2 norm of the step of each example, 0 or above.
        mask_gain: As in `apply_mask`.
        loss_scale: As in `virtual_adversarial_perturbation`.

    Returns:
        The step, shape of `mask`; 0 where every entry stays. No gradient.
    """
    ascent = gradient_at(
        lambda z: cross_entropy(
            labels, forward(apply_mask(images, z, mask_gain))
        ),
        mask,
        loss_scale,
    )
    leaves = ((mask <= 0) & (ascent < 0)) | ((mask >= 1) & (ascent > 0))
    direction = normalize(tf.where(leaves, tf.zeros_like(ascent), ascent))
    return tf.stop_gradient(length * direction)


def moved_mask(mask: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """The mask after a step, cut to [0, 1]. Gradient flows if it is not cut."""
    return tf.clip_by_value(mask + step, 0.0, 1.0)
