"""xVAT with entropy minimisation."""

import dataclasses

from xvat_tf.methods.entropy import EntropyMinimisation
from xvat_tf.methods.method import Line
from xvat_tf.methods.xvat import XVat


@dataclasses.dataclass(frozen=True, kw_only=True)
class XVatEnt(EntropyMinimisation, XVat):
    """xVAT and the entropy of the prediction (inl0ent, l0ent as released)."""

    name = "xvatent"
    label = "xVAT + entropy"
    title = "xVAT with entropy minimisation"
    objective = "xvat_tf.training.objectives:VirtualMasksWithEntropy"
    line = Line("#009E73", "--", "^")
    published = {}
    released = {f"{name}ent": mask for name, mask in XVat.released.items()}
