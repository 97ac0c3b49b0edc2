"""The hard concrete distribution of masks (paper eq. 9 to 12)."""

import dataclasses
import math

import tensorflow as tf

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
