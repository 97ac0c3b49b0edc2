"""Masks: their distribution, what they do to images, what they cost."""

import dataclasses
import math

import tensorflow as tf

from xvat_tf.perturbations.additive import gradient_at, normalize
from xvat_tf.perturbations.divergences import cross_entropy, divergence
from xvat_tf.perturbations.passes import Forward

# The released code adds it under its logarithms; they stay finite at u = 0
# and u = 1, and our masks agree with its masks there.
_GUARD = 1e-10


@dataclasses.dataclass(frozen=True)
class HardConcrete:
    """Random masks that are often exactly 0 or 1, yet have a gradient.

    A logistic sample around `log_alpha` is squashed by a sigmoid of
    temperature `beta`, stretched to (`gamma`, `zeta`) and cut to [0, 1].
    Because the interval is wider than [0, 1], both ends have positive
    probability (paper eq. 11 and 12).

    Args:
        beta: Temperature, above 0. Smaller is closer to a coin flip.
        gamma: Lower end of the stretched interval, below 0.
        zeta: Upper end of the stretched interval, above 1.
    """

    beta: float = 0.66
    gamma: float = -0.1
    zeta: float = 1.1

    def sample_from_noise(
        self, log_alpha: tf.Tensor, noise: tf.Tensor
    ) -> tf.Tensor:
        """The mask in [0, 1] for given noise; 0 hides, 1 keeps.

        Args:
            log_alpha: Log-odds of keeping a pixel, float, any shape.
                Gradient flows.
            noise: Uniform numbers in [0, 1], shape of `log_alpha`.
        """
        log_odds = tf.math.log(noise + _GUARD) - tf.math.log(1 - noise + _GUARD)
        return self._stretch(tf.sigmoid((log_odds + log_alpha) / self.beta))

    def noise_free(self, log_alpha: tf.Tensor) -> tf.Tensor:
        """The mask in [0, 1] at the median of the noise. Gradient flows."""
        return self._stretch(tf.sigmoid(log_alpha / self.beta))

    def expected_l0(self, log_alpha: tf.Tensor) -> tf.Tensor:
        """Probability that a mask entry is not 0 (paper eq. 11).

        The sum over the pixels is the paper's expected L0 norm, the released
        code takes the mean. Gradient flows.
        """
        return tf.sigmoid(log_alpha - self.threshold)

    @property
    def threshold(self) -> float:
        """log_alpha at which a mask entry is 0 in half of the draws."""
        return self.beta * math.log(-self.gamma / self.zeta + _GUARD)

    def _stretch(self, sigmoid):
        stretched = sigmoid * (self.zeta - self.gamma) + self.gamma
        return tf.clip_by_value(stretched, 0.0, 1.0)


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
    from 0. Entries that the gradient pushes out of [0, 1] stay. Neither in the
    paper nor in the released code.

    Args:
        forward, images: As in `virtual_adversarial_perturbation`.
        labels: As in `cross_entropy`. Probabilities of the clean prediction
            give the direction of KL(clean || masked) of eq. 7.
        mask: The start, in [0, 1], as in `apply_mask`. No gradient.
        length: L2 norm of the step of each example, 0 or above.
        mask_gain: As in `apply_mask`.
        loss_scale: Multiplies the loss before its gradient is taken, above 0.

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
