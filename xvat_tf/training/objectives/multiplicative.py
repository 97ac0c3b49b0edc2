"""Objectives of the multiplicative perturbations: xVAT and xAT."""

import numpy as np
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.models import InductiveGenerator
from xvat_tf.records import tags
from xvat_tf.training.objectives.display import Masked
from xvat_tf.training.objectives.maximum_likelihood import (
    MaximumLikelihood,
    WithEntropy,
    label_loss,
    label_weights,
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
        smooth = (tags.ROUGHNESS,) if self.settings.lambda_smooth else ()
        return (tags.PERTURBED, tags.EXPECTED_L0, tags.KEPT, tags.NORM, *smooth)

    @property
    def weights(self):
        settings = self.settings
        weights = super().weights | {
            tags.PERTURBED: settings.eta,
            tags.EXPECTED_L0: settings.lambda_l0,
        }
        if settings.lambda_smooth:
            weights[tags.ROUGHNESS] = settings.lambda_smooth
        return weights

    def perturbed_values(self, batch, logits, passes, noise):
        images, indices, clean_logits, passes = regularised(
            self.settings, batch, logits, passes
        )
        perturbed, values = self.masked(
            images, indices, self.target(clean_logits, None), passes, noise
        )
        perturbed_logits = passes.perturbed(perturbed, noise)
        return values | self.smoothness(clean_logits, perturbed_logits)

    def smoothness(self, clean_logits, perturbed_logits):
        """The divergence of the perturbed from the clean predictions."""
        kind = self.settings.divergence
        return {
            tags.PERTURBED: perturbations.divergence(
                clean_logits, perturbed_logits, kind
            )
        }

    def target(self, clean_logits, labels):
        """What a mask step leads away from, as labels of `cross_entropy`."""
        if self.settings.mask_step_target == "class":
            return tf.argmax(clean_logits, axis=-1)
        return tf.nn.softmax(clean_logits)

    def display(self, images, labels, rows, passes, noise):
        target = None
        if self.settings.mask_step:
            target = self.target(passes.traceless(images), labels)
        drawn = self.draw(images, rows, target, passes, noise)
        log_alpha, sample, masked = map(np.asarray, drawn)
        noise_free = self.hard_concrete.noise_free(drawn[0])
        kernel = None
        if isinstance(self.generator, InductiveGenerator):
            kernel = np.asarray(self.generator.trainable_variables[0])
        return Masked(log_alpha, sample, np.asarray(noise_free), masked, kernel)

    @property
    def hard_concrete(self):
        """Distribution of the masks."""
        settings = self.settings
        return perturbations.HardConcrete(
            settings.beta, settings.gamma, settings.zeta
        )

    def draw(self, images, indices, target, passes, noise):
        """Log alpha and mask of each image, and the masked images.

        A mask step alone reads the `target`, as in `target`, and the passes.
        """
        log_alpha = self.generator(images, indices)
        mask = self.hard_concrete.sample_from_noise(
            log_alpha, noise.uniform(log_alpha)
        )
        if self.settings.mask_step:
            step = self.search(images, target, mask, passes)
            mask = perturbations.moved_mask(mask, step)
        gain = self.settings.mask_gain
        return log_alpha, mask, perturbations.apply_mask(images, mask, gain)

    def search(self, images, target, mask, passes):
        """The step of a mask, shape of `mask`. No gradient."""
        with passes.untaped():
            return perturbations.mask_step(
                passes.traceless,
                images,
                target,
                mask,
                length=self.grown(self.settings.mask_step, passes),
                mask_gain=self.settings.mask_gain,
                loss_scale=passes.loss_scale,
            )

    def masked(self, images, indices, target, passes, noise):
        """Masked images, and what their masks cost."""
        settings, concrete = self.settings, self.hard_concrete
        log_alpha, mask, perturbed = self.draw(
            images, indices, target, passes, noise
        )
        kept = tf.cast(mask > 0, images.dtype)
        values = {
            tags.EXPECTED_L0: perturbations.per_example(
                concrete.expected_l0(log_alpha), settings.l0_reduction
            ),
            tags.KEPT: perturbations.per_example(kept, "mean"),
            tags.NORM: norms(perturbed - images),
        }
        if settings.lambda_smooth:
            values[tags.ROUGHNESS] = perturbations.roughness(
                mask, concrete.threshold
            )
        return perturbed, values


class VirtualMasksWithEntropy(WithEntropy, VirtualMasks):
    """xVAT plus the entropy of the clean prediction.

    Not in the paper: `--trainer=inl0ent` and `l0ent` of the released code,
    whose gradient reaches the classifier alone. The released transductive and
    supervised scripts then never step the masks; here they ascend.
    """


class AdversarialMasks(VirtualMasks):
    """xAT: (1 - eta) CE(x) + eta CE(x * eps z) + lambda E[L0(z)], labels only.

    With `label_loss="added"` the clean cross entropy is whole (paper eq. 13);
    with `xat_target="prediction"` a divergence from the clean prediction
    takes the place of the perturbed cross entropy, as in the documented
    command of the released code. The generator ascends, as in the paper; in
    the released code it stays at its random start.
    """

    @property
    def weights(self):
        return super().weights | label_weights(self.settings)

    def target(self, clean_logits, labels):
        if self.settings.xat_target == "prediction":
            return super().target(clean_logits, labels)
        return labels

    def perturbed_values(self, batch, logits, passes, noise):
        images, passes = passes.apart(batch["images"])
        target = self.target(logits, batch["labels"])
        perturbed, values = self.masked(
            images, batch["indices"], target, passes, noise
        )
        perturbed_logits = passes.perturbed(perturbed, noise)
        if self.settings.xat_target == "prediction":
            return values | self.smoothness(logits, perturbed_logits)
        return values | {tags.PERTURBED: label_loss(batch, perturbed_logits)}
