"""Adversarial training with multiplicative and additive perturbations.

The public names, each loaded when it is first used: importing the package
imports no TensorFlow.
"""

import importlib

_HOMES = {
    "AdversarialMasks": "xvat_tf.training.objectives",
    "AdversarialTraining": "xvat_tf.training.objectives",
    "At": "xvat_tf.settings",
    "BatchNorm": "xvat_tf.models",
    "HardConcrete": "xvat_tf.perturbations",
    "InductiveGenerator": "xvat_tf.models",
    "MaskTable": "xvat_tf.models",
    "MaximumLikelihood": "xvat_tf.training.objectives",
    "Mle": "xvat_tf.settings",
    "Settings": "xvat_tf.settings",
    "Trainer": "xvat_tf.training",
    "TrainingPasses": "xvat_tf.perturbations",
    "UserError": "xvat_tf.errors",
    "Vat": "xvat_tf.settings",
    "VatEnt": "xvat_tf.settings",
    "VatWithEntropy": "xvat_tf.training.objectives",
    "VirtualAdversarialTraining": "xvat_tf.training.objectives",
    "VirtualMasks": "xvat_tf.training.objectives",
    "XAt": "xvat_tf.settings",
    "XVat": "xvat_tf.settings",
    "adversarial_perturbation": "xvat_tf.perturbations",
    "apply_mask": "xvat_tf.perturbations",
    "build_classifier": "xvat_tf.models",
    "build_generator": "xvat_tf.models",
    "cross_entropy": "xvat_tf.perturbations",
    "divergence": "xvat_tf.perturbations",
    "entropy": "xvat_tf.perturbations",
    "explain": "xvat_tf.training.explanation",
    "kl_divergence": "xvat_tf.perturbations",
    "mask_divergence": "xvat_tf.perturbations",
    "prepare": "xvat_tf.data",
    "resolve": "xvat_tf.settings",
    "training_stream": "xvat_tf.data.streams",
    "virtual_adversarial_perturbation": "xvat_tf.perturbations",
    "write_shards": "xvat_tf.data",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'xvat_tf' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted([*globals(), *_HOMES])
