"""The options that several methods share: how their terms are weighed."""

import dataclasses

from xvat_tf.errors import UserError
from xvat_tf.methods.method import Method, Pass
from xvat_tf.option import option

_GROWS = ("grows", True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Growth(Method):
    """Growth of epsilon, or of the step of masks."""

    growth_start: float = option(
        0.0,
        "Share of epsilon, or of mask_step, at the first step.",
        at_least=0,
        at_most=1,
        only=_GROWS,
    )
    growth_steps: int = option(
        0,
        "Steps over which that share grows linearly to 1; 0: it is always 1.",
        at_least=0,
        only=_GROWS,
    )

    @property
    def grows(self) -> bool:
        """Whether the size of the perturbation depends on the step."""
        return self.growth_steps > 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Smoothness(Method):
    """How local smoothness (LDS) is weighed, and of which images it is."""

    eta: float = option(1.0, "Weight of the local smoothness.", at_least=0)
    regularised: str = option(
        "unlabeled",
        "Images in the local smoothness: unlabeled, as in both reference"
        " programs, or all, which adds the labeled batch, eq. 13.",
        ("unlabeled", "all"),
    )

    @property
    def regularises_labeled(self):
        return self.regularised == "all"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelLoss(Method):
    """How clean and perturbed cross entropy of the labels are weighed."""

    needs_labels = True

    eta: float = option(
        0.5, "Weight of the perturbed cross entropy.", at_least=0
    )
    label_loss: str = option(
        "mixed",
        "mixed: the clean cross entropy has the weight 1 - eta, as in the"
        " released code; added: it has the weight 1, as in eq. 13.",
        ("mixed", "added"),
    )

    def check(self):
        super().check()
        if self.label_loss == "mixed" and self.eta > 1:
            raise UserError(
                f"--eta={self.eta} with --method={self.name} is the share of"
                " the perturbed cross entropy: give 0 to 1, or"
                " --label_loss=added."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class EntropyMinimisation(Method):
    """How the entropy of the clean prediction is weighed.

    At the official weight it can be lowest before the labels are learned:
    then most images end in one class. Batch norm on the logits prevents that,
    and so does a smaller weight, the default of a call (docs/choosing.md).
    """

    entropy_weight: float = option(
        1.0,
        "Weight of the entropy of the clean prediction; 1 as in vat_tf.",
        called=0.1,
        at_least=0,
    )

    def clean_pass(self, images):
        return Pass(images, weights=True)
