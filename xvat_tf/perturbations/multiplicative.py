"""Multiplicative perturbations: masked images and what a mask costs."""

import tensorflow as tf

from xvat_tf.perturbations.divergences import divergence
from xvat_tf.perturbations.passes import Forward


def apply_mask(
    images: tf.Tensor, mask: tf.Tensor, mask_gain: float
) -> tf.Tensor:
    """Multiplies images by masks: x * (epsilon z) of paper section 2.2.4.

    Args:
        images: float, `(batch, height, width, channels)` or
            `(batch, features)`.
        mask: In [0, 1], shape of `images` or with one channel, which all
            colours share. Gradient flows.
        mask_gain: The paper's epsilon, above 0.
    """
    return mask_gain * images * mask


def mask_divergence(
    forward: Forward,
    images: tf.Tensor,
    mask: tf.Tensor,
    clean_logits: tf.Tensor,
    *,
    kind: str = "kl_clean_perturbed",
    mask_gain: float = 1.0,
) -> tf.Tensor:
    """Measures how far a mask moves the prediction: nats, `(batch,)` (eq. 7).

    Arguments as in `apply_mask` and `divergence`. Gradient flows to the mask,
    but not to the clean logits, which are the target.
    """
    perturbed_logits = forward(apply_mask(images, mask, mask_gain))
    return divergence(clean_logits, perturbed_logits, kind)


def per_example(values: tf.Tensor, reduction: str) -> tf.Tensor:
    """Reduces mask entries, `(batch, ...)`, to one number per example.

    `"sum"` over the pixels as paper eq. 11, or `"mean"` as the released code,
    whose lambda is then the paper's divided by P. Gradient flows.
    """
    axes = list(range(1, values.shape.rank))
    reduce = tf.reduce_sum if reduction == "sum" else tf.reduce_mean
    return reduce(values, axes)


def roughness(mask: tf.Tensor, threshold: float) -> tf.Tensor:
    """Mean difference of neighbouring entries: the released `smooth` term.

    Not in the paper. The released code takes the sigmoid of the mask itself
    (not of log alpha) and *adds* the term to what the generator raises, so a
    positive weight pays for rough masks.

    Args:
        mask: In [0, 1], `(batch, height, width, channels)`. Gradient flows.
        threshold: `HardConcrete.threshold`.

    Returns:
        float, `(batch,)`, 0 or above.
    """
    t = tf.sigmoid(mask - threshold)
    pairs = (
        (t[:, :-1], t[:, 1:]),
        (t[:, :, :-1], t[:, :, 1:]),
        (t[:, :-1, :-1], t[:, 1:, 1:]),
        (t[:, :-1, 1:], t[:, 1:, :-1]),
    )
    return tf.add_n(
        [per_example(tf.abs(one - other), "mean") for one, other in pairs]
    )
