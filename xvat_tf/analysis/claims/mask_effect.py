"""Whether it matters where a mask deletes: against the same mask shuffled."""

import dataclasses
from collections.abc import Callable

import numpy as np

from xvat_tf.analysis.masks import shuffled
from xvat_tf.perturbations import apply_mask
from xvat_tf.training.evaluation.metrics import accuracy


@dataclasses.dataclass(frozen=True)
class Effect:
    """Accuracy under masks, in [0, 1].

    Attributes:
        clean: On the images.
        masked: On x * (epsilon z).
        shuffled: On x * (epsilon z') with the entries of z in random order:
            as many deletions of as many sizes, elsewhere. Where `masked` is
            lower, the places matter.
    """

    clean: float
    masked: float
    shuffled: float


def effect(
    classify: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    mask: np.ndarray,
    mask_gain: float,
    seed: int,
) -> Effect:
    """Measures a classifier on images, masked images and a control.

    Args:
        classify: Images -> logits, in inference mode.
        images: Float, `(n, ...)`, as the classifier reads them.
        labels: int, `(n,)`.
        mask: In [0, 1], shape of the images or with one channel.
        mask_gain: The run's epsilon.
        seed: Orders the pixels of the control.
    """
    control = shuffled(mask, np.random.default_rng(seed))

    def measured(perturbed):
        return accuracy(classify(np.asarray(perturbed)), labels)

    return Effect(
        clean=measured(images),
        masked=measured(apply_mask(images, mask, mask_gain)),
        shuffled=measured(apply_mask(images, control, mask_gain)),
    )
