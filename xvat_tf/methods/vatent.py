"""Virtual adversarial training with entropy minimisation."""

import dataclasses

from xvat_tf.methods.entropy import EntropyMinimisation
from xvat_tf.methods.method import Line
from xvat_tf.methods.vat import Vat


@dataclasses.dataclass(frozen=True, kw_only=True)
class VatEnt(EntropyMinimisation, Vat):
    """VAT and the entropy of the prediction (vatent of vat_tf)."""

    name = "vatent"
    label = "VAT + entropy"
    title = "Virtual adversarial training with entropy minimisation"
    objective = "xvat_tf.training.objectives:VatWithEntropy"
    line = Line("#56B4E9", "-.", "D")
    published = {}
    released = {}
