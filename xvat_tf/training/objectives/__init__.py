"""What each method minimises: one short class per method.

An objective turns a batch into named per-example values, each named by its
TensorBoard tag. `weights` says which of them, averaged over the batch, add up
to the loss; the others are reported only.
"""

import keras

from xvat_tf.methods import Method
from xvat_tf.named import named
from xvat_tf.training.objectives.additive import (
    AdversarialTraining,
    VatWithEntropy,
    VirtualAdversarialTraining,
)
from xvat_tf.training.objectives.consistency import (
    MeanTeacherObjective,
    PiModel,
    TemporalEnsembling,
)
from xvat_tf.training.objectives.maximum_likelihood import MaximumLikelihood
from xvat_tf.training.objectives.multiplicative import (
    AdversarialMasks,
    VirtualMasks,
    VirtualMasksWithEntropy,
)


def make_objective(
    method: Method, generator: keras.layers.Layer | None = None
) -> MaximumLikelihood:
    """Makes the objective that a method names.

    Methods with masks take a generator `(images, indices) -> log_alpha`.
    """
    return named(method.objective)(method, generator)
