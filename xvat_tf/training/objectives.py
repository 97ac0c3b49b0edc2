"""What each method minimises: one short class per method.

An objective turns a batch into named per-example values, each named by its
TensorBoard tag. `weights` says which of them, averaged over the batch, add up
to the loss; the others are reported only.
"""

from collections.abc import Mapping

import keras
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.settings import MethodSettings
from xvat_tf.tags import (
    ACCURACY,
    CROSS_ENTROPY,
    ENTROPY,
    EXPECTED_L0,
    KEPT,
    NORM,
    PERTURBED,
    ROUGHNESS,
)

Batch = Mapping[str, tf.Tensor]
Values = dict[str, tf.Tensor]



class MaximumLikelihood:
    """Cross entropy of the labels; the base of every other objective.

    Args:
        settings: Weights, perturbation sizes and switches of the method.
        generator: Mask generator `(images, indices) -> log_alpha`, for the
            mask methods only.
    """

    extra_tags: tuple[str, ...] = ()

    def __init__(
        self,
        settings: MethodSettings,
        generator: keras.layers.Layer | None = None,
    ):
        self.settings = settings
        self.generator = generator

    @property
    def weights(self) -> dict[str, float]:
        """Weight in the loss of each value that is part of it."""
        return {CROSS_ENTROPY: 1.0}

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of all values the objective returns."""
        return (CROSS_ENTROPY, ACCURACY, *self.extra_tags)

    def __call__(self, batch: Batch, passes, noise) -> Values:
        """Computes the values of a batch.

        Args:
            batch: `images` float `(n, ...)`, `labels` int32 `(n,)`, `indices`
                int32 `(n,)`, rows of the mask table; and, semi-supervised,
                `unlabeled_images`, `unlabeled_indices`.
            passes: `TrainingPasses` or `InferencePasses`.
            noise: `StepNoise`, or anything with its two methods.

        Returns:
            Per-example values by tag, `(n,)` or of the unlabeled batch's
            size. Gradient flows to classifier and generator, never through a
            clean target.
        """
        logits = passes.stateful(batch["images"])
        values = self.clean_values(batch["labels"], logits)
        return values | self.perturbed_values(batch, logits, passes, noise)

    def clean_values(self, labels: tf.Tensor, logits: tf.Tensor) -> Values:
        """Cross entropy and accuracy (0 or 1) of each labeled image."""
        predicted = tf.argmax(logits, axis=-1, output_type=labels.dtype)
        return {
            CROSS_ENTROPY: perturbations.cross_entropy(labels, logits),
            ACCURACY: tf.cast(predicted == labels, logits.dtype),
        }

    def perturbed_values(self, batch, logits, passes, noise) -> Values:
        """The method's own terms; none here."""
        return {}


def _regularised(batch, logits, passes):
    """Images of the LDS, their rows and clean logits.

    The unlabeled batch if there is one, else the labeled batch, whose clean
    logits are those of the labeled pass: same noise, same statistics.
    """
    if "unlabeled_images" not in batch:
        return batch["images"], batch["indices"], logits
    images = batch["unlabeled_images"]
    return images, batch["unlabeled_indices"], passes.traceless(images)


def _norms(r):
    return tf.norm(tf.reshape(r, [tf.shape(r)[0], -1]), axis=-1)


class AdversarialTraining(MaximumLikelihood):
    """AT: (1 - eta) CE(x) + eta CE(x + r_adv), labeled images only."""

    extra_tags = (PERTURBED, NORM)

    @property
    def weights(self):
        eta = self.settings.eta
        return {CROSS_ENTROPY: 1 - eta, PERTURBED: eta}

    def perturbed_values(self, batch, logits, passes, noise):
        images, labels = batch["images"], batch["labels"]
        with passes.untaped():
            r = perturbations.adversarial_r(
                passes.traceless,
                images,
                labels,
                epsilon=self.settings.epsilon,
                norm=self.settings.norm,
            )
        perturbed_logits = passes.traceless(images + r)
        return {
            PERTURBED: perturbations.cross_entropy(labels, perturbed_logits),
            NORM: _norms(r),
        }


class VirtualAdversarialTraining(MaximumLikelihood):
    """VAT: CE + eta KL(clean || x + r_vadv) (paper eq. 3, vat.py of vat_tf)."""

    extra_tags = (PERTURBED, NORM)

    @property
    def weights(self):
        return super().weights | {PERTURBED: self.settings.eta}

    def perturbed_values(self, batch, logits, passes, noise):
        images, _, clean_logits = _regularised(batch, logits, passes)
        return self.smoothness_values(images, clean_logits, passes, noise)

    def smoothness_values(self, images, clean_logits, passes, noise):
        """LDS of given images, and the norm of r."""
        with passes.untaped():
            r = perturbations.virtual_adversarial_r(
                passes.traceless,
                images,
                clean_logits,
                noise.normal(images),
                xi=self.settings.xi,
                num_power_iterations=self.settings.num_power_iterations,
                epsilon=self.settings.epsilon,
            )
        perturbed_logits = passes.traceless(images + r)
        return {
            PERTURBED: perturbations.divergence(
                clean_logits, perturbed_logits, "kl_clean_perturbed"
            ),
            NORM: _norms(r),
        }


class VatWithEntropy(VirtualAdversarialTraining):
    """VAT plus the entropy of the clean prediction (vatent of vat_tf)."""

    extra_tags = (PERTURBED, NORM, ENTROPY)

    @property
    def weights(self):
        return super().weights | {ENTROPY: 1.0}

    def perturbed_values(self, batch, logits, passes, noise):
        images, _, clean_logits = _regularised(batch, logits, passes)
        values = self.smoothness_values(images, clean_logits, passes, noise)
        return values | {ENTROPY: perturbations.entropy(clean_logits)}


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
        images, indices, clean_logits = _regularised(batch, logits, passes)
        perturbed, values = self.masked(images, indices, noise)
        return values | {
            PERTURBED: perturbations.divergence(
                clean_logits,
                passes.traceless(perturbed),
                self.settings.divergence,
            )
        }

    def masked(self, images, indices, noise):
        """Masked images, and what their masks cost."""
        settings = self.settings
        concrete = perturbations.HardConcrete(
            settings.beta, settings.gamma, settings.zeta
        )
        log_alpha = self.generator(images, indices)
        mask = concrete.sample_from_noise(log_alpha, noise.uniform(log_alpha))
        perturbed = perturbations.apply_mask(images, mask, settings.mask_gain)
        kept = tf.cast(mask > 0, images.dtype)
        values = {
            EXPECTED_L0: perturbations.per_example(
                concrete.expected_l0(log_alpha), settings.l0_reduction
            ),
            KEPT: perturbations.per_example(kept, "mean"),
            NORM: _norms(perturbed - images),
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
        perturbed, values = self.masked(
            batch["images"], batch["indices"], noise
        )
        perturbed_logits = passes.traceless(perturbed)
        return values | {
            PERTURBED: perturbations.cross_entropy(
                batch["labels"], perturbed_logits
            )
        }


OBJECTIVES = {
    "mle": MaximumLikelihood,
    "at": AdversarialTraining,
    "vat": VirtualAdversarialTraining,
    "vatent": VatWithEntropy,
    "xat": AdversarialMasks,
    "xvat": VirtualMasks,
}
