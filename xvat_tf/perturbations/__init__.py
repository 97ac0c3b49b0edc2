"""Perturbations of the input, additive and multiplicative, and their cost."""

from xvat_tf.perturbations.additive import (
    adversarial_perturbation,
    normalize,
    perturbation_against_prediction,
    virtual_adversarial_perturbation,
)
from xvat_tf.perturbations.divergences import (
    correct,
    cross_entropy,
    divergence,
    entropy,
    kl_divergence,
    squared_distance,
)
from xvat_tf.perturbations.masks import (
    HardConcrete,
    apply_mask,
    mask_divergence,
    mask_step,
    moved_mask,
    per_example,
    roughness,
)
from xvat_tf.perturbations.passes import (
    InferencePasses,
    TrainingPasses,
    first_draw,
    two_logits,
)
from xvat_tf.perturbations.probing import probing_length
from xvat_tf.perturbations.spacing import coarsest_spacing
