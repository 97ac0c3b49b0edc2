"""Adversarial training."""

import dataclasses

from xvat_tf.methods.growth import Growth
from xvat_tf.methods.label_loss import LabelLoss
from xvat_tf.methods.method import Line
from xvat_tf.methods.passes import Pass
from xvat_tf.option import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class At(LabelLoss, Growth):
    """Adversarial training (paper eq. 1 and 2; vat.py of vat_tf)."""

    name = "at"
    label = "AT"
    title = "Adversarial training (AT)"
    objective = "xvat_tf.training.objectives:AdversarialTraining"
    line = Line("#E69F00", "--", "s")
    published = {"AT L2": "_l2", "AT Linf": "_linf"}
    searches_r = True

    epsilon: float = option(
        8.0,
        "Norm of r, in the units of the input; with --norm=linf the size of"
        " each entry.",
        above=0,
        called=dataclasses.MISSING,
    )
    norm: str = option("l2", "Norm that bounds r.", ("l2", "linf"))

    def own_passes(self, images):
        return [Pass(images, inputs=True), Pass(images, weights=True)]
