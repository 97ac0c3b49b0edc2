"""Objectives of the multiplicative perturbations: xVAT and xAT."""

import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.tags import (
    CROSS_ENTROPY,
    EXPECTED_L0,
    KEPT,
    NORM,
    PERTURBED,
    ROUGHNESS,
)
from xvat_tf.training.objectives.maximum_likelihood import (
    MaximumLikelihood,
    label_loss,
    norms,
    regularised,
)


class VirtualMasks(MaximumLikelihood):
    """xVAT: CE + eta D(x, x * eps z) + lambda E[L0(z)] (paper eq. 7 to 13).

    The classifier descends on the sum, the generator ascends on it: the
    cross entropy does not depend on the mask.
    """

    @property
    def extra_tags(self):
        smooth = (ROUGHNESS,) if self.settings.lambda_smooth else ()
        return (PERTURBED, EXPECTED_L0, KEPT, NORM, *smooth)

    @property
    def weights(self):
        settings = self.settings
        weights = super().weights | {
            PERTURBED: settings.eta,
            EXPECTED_L0: settings.lambda_l0,
        }
        if settings.lambda_smooth:
            weights[ROUGHNESS] = settings.lambda_smooth
        return weights

    def perturbed_values(self, batch, logits, passes, noise):
        images, indices, clean_logits, passes = regularised(
            batch, logits, passes
        )
        perturbed, values = self.masked(images, indices, noise)
        return values | {
            PERTURBED: perturbations.divergence(
                clean_logits,
                passes.traceless(perturbed),
                self.settings.divergence,
            )
        }

    @property
    def hard_concrete(self):
        """Distribution of the masks."""
        settings = self.settings
        return perturbations.HardConcrete(
            settings.beta, settings.gamma, settings.zeta
        )

    def draw(self, images, indices, noise):
        """Log alpha and mask of each image, and the masked images."""
        log_alpha = self.generator(images, indices)
        mask = self.hard_concrete.sample_from_noise(
            log_alpha, noise.uniform(log_alpha)
        )
        gain = self.settings.mask_gain
        return log_alpha, mask, perturbations.apply_mask(images, mask, gain)

    def masked(self, images, indices, noise):
        """Masked images, and what their masks cost."""
        settings, concrete = self.settings, self.hard_concrete
        log_alpha, mask, perturbed = self.draw(images, indices, noise)
        kept = tf.cast(mask > 0, images.dtype)
        values = {
            EXPECTED_L0: perturbations.per_example(
                concrete.expected_l0(log_alpha), settings.l0_reduction
            ),
            KEPT: perturbations.per_example(kept, "mean"),
            NORM: norms(perturbed - images),
        }
        if settings.lambda_smooth:
            values[ROUGHNESS] = perturbations.roughness(
                mask, concrete.threshold
            )
        return perturbed, values


class AdversarialMasks(VirtualMasks):
    """xAT: (1 - eta) CE(x) + eta CE(x * eps z) + lambda E[L0(z)], labels only.

    The generator ascends, as the paper has it; the released code leaves it at
    its random start.
    """

    @property
    def weights(self):
        return super().weights | {CROSS_ENTROPY: 1 - self.settings.eta}

    def perturbed_values(self, batch, logits, passes, noise):
        images, passes = passes.apart(batch["images"])
        perturbed, values = self.masked(images, batch["indices"], noise)
        perturbed_logits = passes.traceless(perturbed)
        return values | {PERTURBED: label_loss(batch, perturbed_logits)}
