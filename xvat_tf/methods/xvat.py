"""Virtual adversarial training with multiplicative perturbations."""

import dataclasses

from xvat_tf.methods.masks import DIVERGENCE_TEXT, DIVERGENCES, Masks
from xvat_tf.methods.method import Line
from xvat_tf.methods.smoothness import Smoothness
from xvat_tf.option import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class XVat(Masks, Smoothness):
    """Virtual adversarial training by masks (paper eq. 7 to 13)."""

    name = "xvat"
    label = "xVAT"
    title = (
        "Virtual adversarial training with multiplicative perturbations (xVAT)"
    )
    objective = "xvat_tf.training.objectives:VirtualMasks"
    line = Line("#D55E00", "-", "^")
    published = {"xVAT inductive": "", "xVAT transductive": "_transductive"}
    released = {
        "inl0": {"mask_model": "inductive"},
        "l0": {"mask_model": "transductive"},
    }
    variants = {**Masks.variants, "-step": {"mask_step": 4.0}}

    # Better than eq. 7 on MNIST with 100 labels (docs/notes/recipe.md).
    divergence: str = option(
        "kl_perturbed_clean",
        DIVERGENCE_TEXT,
        DIVERGENCES,
    )
