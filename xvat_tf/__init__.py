"""Adversarial training with multiplicative and additive perturbations.

The public names, each loaded when it is first used: importing the package
imports no TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # The same names for type checkers; a test compares.
    from xvat_tf.data import prepare as prepare
    from xvat_tf.data import write_images as write_images
    from xvat_tf.data.streams import training_stream as training_stream
    from xvat_tf.errors import UserError as UserError
    from xvat_tf.methods import At as At
    from xvat_tf.methods import MeanTeacher as MeanTeacher
    from xvat_tf.methods import Method as Method
    from xvat_tf.methods import Mle as Mle
    from xvat_tf.methods import Pi as Pi
    from xvat_tf.methods import Temporal as Temporal
    from xvat_tf.methods import Vat as Vat
    from xvat_tf.methods import VatEnt as VatEnt
    from xvat_tf.methods import XAt as XAt
    from xvat_tf.methods import XVat as XVat
    from xvat_tf.methods import XVatEnt as XVatEnt
    from xvat_tf.models import BatchNorm as BatchNorm
    from xvat_tf.models import InductiveGenerator as InductiveGenerator
    from xvat_tf.models import MaskTable as MaskTable
    from xvat_tf.models import build_classifier as build_classifier
    from xvat_tf.models import build_generator as build_generator
    from xvat_tf.perturbations import HardConcrete as HardConcrete
    from xvat_tf.perturbations import TrainingPasses as TrainingPasses
    from xvat_tf.perturbations import (
        adversarial_perturbation as adversarial_perturbation,
    )
    from xvat_tf.perturbations import apply_mask as apply_mask
    from xvat_tf.perturbations import cross_entropy as cross_entropy
    from xvat_tf.perturbations import divergence as divergence
    from xvat_tf.perturbations import entropy as entropy
    from xvat_tf.perturbations import kl_divergence as kl_divergence
    from xvat_tf.perturbations import mask_divergence as mask_divergence
    from xvat_tf.perturbations import (
        perturbation_against_prediction as perturbation_against_prediction,
    )
    from xvat_tf.perturbations import (
        virtual_adversarial_perturbation as virtual_adversarial_perturbation,
    )
    from xvat_tf.settings import Settings as Settings
    from xvat_tf.settings import resolve as resolve
    from xvat_tf.training import Trainer as Trainer
    from xvat_tf.training.explanation import explain as explain
    from xvat_tf.training.objectives import AdversarialMasks as AdversarialMasks
    from xvat_tf.training.objectives import (
        AdversarialTraining as AdversarialTraining,
    )
    from xvat_tf.training.objectives import (
        MaximumLikelihood as MaximumLikelihood,
    )
    from xvat_tf.training.objectives import VatWithEntropy as VatWithEntropy
    from xvat_tf.training.objectives import (
        VirtualAdversarialTraining as VirtualAdversarialTraining,
    )
    from xvat_tf.training.objectives import VirtualMasks as VirtualMasks
    from xvat_tf.version import __version__ as __version__

_NAMES = {
    "xvat_tf.data": "prepare write_images",
    "xvat_tf.data.streams": "training_stream",
    "xvat_tf.errors": "UserError",
    "xvat_tf.methods": (
        "At MeanTeacher Method Mle Pi Temporal Vat VatEnt XAt XVat XVatEnt"
    ),
    "xvat_tf.models": (
        "BatchNorm InductiveGenerator MaskTable build_classifier "
        "build_generator"
    ),
    "xvat_tf.perturbations": (
        "HardConcrete TrainingPasses adversarial_perturbation "
        "apply_mask cross_entropy divergence entropy kl_divergence "
        "mask_divergence perturbation_against_prediction "
        "virtual_adversarial_perturbation"
    ),
    "xvat_tf.settings": "Settings resolve",
    "xvat_tf.training": "Trainer",
    "xvat_tf.training.explanation": "explain",
    "xvat_tf.training.objectives": (
        "AdversarialMasks AdversarialTraining MaximumLikelihood "
        "VatWithEntropy VirtualAdversarialTraining VirtualMasks"
    ),
    "xvat_tf.version": "__version__",
}
_HOMES = {
    name: home for home, names in _NAMES.items() for name in names.split()
}

_ON_KERAS = ("models", "perturbations", "training")

__all__ = [name for name in _HOMES if not name.startswith("_")]


if not TYPE_CHECKING:  # To type checkers every name would be here.

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'xvat_tf' has no attribute {name!r}")
        if _HOMES[name].split(".")[1] in _ON_KERAS:
            importlib.import_module("xvat_tf.machine").require_tensorflow()
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted([*globals(), *_HOMES])
