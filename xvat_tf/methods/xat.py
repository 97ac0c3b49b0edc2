"""Adversarial training with multiplicative perturbations."""

import dataclasses

from xvat_tf.methods.label_loss import LabelLoss
from xvat_tf.methods.masks import DIVERGENCE_TEXT, DIVERGENCES, Masks
from xvat_tf.methods.method import Line
from xvat_tf.option import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class XAt(Masks, LabelLoss):
    """Adversarial training by masks (paper eq. 8): labels only."""

    name = "xat"
    label = "xAT"
    title = "Adversarial training with multiplicative perturbations (xAT)"
    objective = "xvat_tf.training.objectives:AdversarialMasks"
    line = Line("#CC79A7", "-.", "v")
    published = {"xAT inductive": ""}
    released = {"l0at": {}}

    xat_target: str = option(
        "label",
        "label: cross entropy of the label, as in the paper; prediction:"
        " divergence from the clean prediction, as in the documented command"
        " of the released code.",
        ("label", "prediction"),
    )
    divergence: str = option(
        "kl_clean_perturbed",
        DIVERGENCE_TEXT,
        DIVERGENCES,
        only=("xat_target", "prediction"),
    )

    @property
    def steps_from_prediction(self):
        against_prediction = self.xat_target == "prediction"
        return super().steps_from_prediction and against_prediction
