"""Objectives of the additive perturbations: AT, VAT, VAT with entropy."""

from xvat_tf import perturbations
from xvat_tf.records.tags import NORM, PERTURBED
from xvat_tf.training.objectives.display import Added
from xvat_tf.training.objectives.maximum_likelihood import (
    MaximumLikelihood,
    WithEntropy,
    label_loss,
    label_weights,
    norms,
    regularised,
)


class Additive(MaximumLikelihood):
    """An objective that adds an r to images, which its `search` finds."""

    extra_tags: tuple[str, ...] = (PERTURBED, NORM)

    def display(self, images, labels, rows, passes, noise):
        labeled = self.settings.needs_labels
        target = labels if labeled else passes.traceless(images)
        r = self.search(images, target, passes, noise)
        return Added(r.numpy(), (images + r).numpy())

    def search(self, images, target, passes, noise):
        """Finds r, shape of `images`, against labels or clean logits."""
        raise NotImplementedError


class AdversarialTraining(Additive):
    """AT: (1 - eta) CE(x) + eta CE(x + r_adv), labeled images only.

    With `label_loss="added"` CE(x) + eta CE(x + r_adv).
    """

    @property
    def weights(self):
        return label_weights(self.settings)

    def perturbed_values(self, batch, logits, passes, noise):
        images, passes = passes.apart(batch["images"])
        r = self.search(images, batch["labels"], passes, noise)
        perturbed_logits = passes.perturbed(images + r, noise)
        return {PERTURBED: label_loss(batch, perturbed_logits), NORM: norms(r)}

    def search(self, images, labels, passes, noise):
        """r_adv, shape of `images`. No gradient; nothing is random."""
        with passes.untaped():
            return perturbations.adversarial_perturbation(
                passes.traceless,
                images,
                labels,
                epsilon=self.grown(self.settings.epsilon, passes),
                norm=self.settings.norm,
                loss_scale=passes.loss_scale,
            )


class VirtualAdversarialTraining(Additive):
    """VAT: CE + eta KL(clean || x + r_vadv) (paper eq. 3, vat.py of vat_tf)."""

    @property
    def weights(self):
        return super().weights | {PERTURBED: self.settings.eta}

    def perturbed_values(self, batch, logits, passes, noise):
        images, _, clean_logits, passes = regularised(
            self.settings, batch, logits, passes
        )
        r = self.search(images, clean_logits, passes, noise)
        perturbed_logits = passes.perturbed(images + r, noise)
        values = self.smoothness(clean_logits, perturbed_logits)
        return values | {NORM: norms(r)}

    def smoothness(self, clean_logits, perturbed_logits):
        """The divergence of the perturbed from the clean predictions."""
        return {
            PERTURBED: perturbations.divergence(
                clean_logits, perturbed_logits, "kl_clean_perturbed"
            )
        }

    def search(self, images, clean_logits, passes, noise):
        """r_vadv, shape of `images`, perhaps started from `noise`.

        No gradient.
        """
        given = passes.traceless, images, clean_logits
        sizes = {
            "epsilon": self.grown(self.settings.epsilon, passes),
            "loss_scale": passes.loss_scale,
        }
        with passes.untaped():
            if not self.settings.probes:
                return perturbations.perturbation_against_prediction(
                    *given, **sizes
                )
            return perturbations.virtual_adversarial_perturbation(
                *given,
                noise.normal(images),
                xi=self.settings.xi,
                num_power_iterations=self.settings.num_power_iterations,
                unit=passes.unit,
                **sizes,
            )


class VatWithEntropy(WithEntropy, VirtualAdversarialTraining):
    """VAT plus the entropy of the clean prediction (vatent of vat_tf)."""
