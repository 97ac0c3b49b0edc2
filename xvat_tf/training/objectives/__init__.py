"""What each method minimises: one short class per method.

An objective turns a batch into named per-example values, each named by its
TensorBoard tag. `weights` says which of them, averaged over the batch, add up
to the loss; the others are reported only.
"""

from xvat_tf.training.objectives.additive import (
    AdversarialTraining,
    VatWithEntropy,
    VirtualAdversarialTraining,
)
from xvat_tf.training.objectives.maximum_likelihood import MaximumLikelihood
from xvat_tf.training.objectives.multiplicative import (
    AdversarialMasks,
    VirtualMasks,
    VirtualMasksWithEntropy,
)

__all__ = [
    "OBJECTIVES",
    "AdversarialMasks",
    "AdversarialTraining",
    "MaximumLikelihood",
    "VatWithEntropy",
    "VirtualAdversarialTraining",
    "VirtualMasks",
    "VirtualMasksWithEntropy",
]

OBJECTIVES: dict[str, type[MaximumLikelihood]] = {
    "mle": MaximumLikelihood,
    "at": AdversarialTraining,
    "vat": VirtualAdversarialTraining,
    "vatent": VatWithEntropy,
    "xat": AdversarialMasks,
    "xvat": VirtualMasks,
    "xvatent": VirtualMasksWithEntropy,
}
