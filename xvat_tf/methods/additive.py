"""The methods that add an r to images."""

import dataclasses

from xvat_tf.methods.method import Line, Pass
from xvat_tf.methods.terms import (
    EntropyMinimisation,
    Growth,
    LabelLoss,
    Smoothness,
)
from xvat_tf.option import option

_POWER_ITERATION = "power_iteration"
_PROBING = ("direction", _POWER_ITERATION)


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vat(Smoothness, Growth):
    """Virtual adversarial training (paper eq. 3 and 4; vat.py of vat_tf)."""

    name = "vat"
    label = "VAT"
    title = "Virtual adversarial training (VAT)"
    objective = "xvat_tf.training.objectives:VirtualAdversarialTraining"
    line = Line("#0072B2", "--", "s")
    published = {"VAT": ""}
    released = {"vat": {}}
    searches_r = True

    epsilon: float = option(
        8.0,
        "L2 norm of r, in the units of the input.",
        above=0,
        called=dataclasses.MISSING,
    )
    direction: str = option(
        _POWER_ITERATION,
        "power_iteration, as in vat_tf, or against_prediction, along which"
        " the prediction loses certainty fastest. The latter is not in"
        " vat_tf, and costs one power iteration.",
        (_POWER_ITERATION, "against_prediction"),
    )
    # By default that of vat_tf as a flag, and of calls the one that float32
    # does not round away.
    xi: float | None = option(
        1e-6,
        "Length of the finite difference in the power iteration, in the"
        " units of the input. In Python the default is None, which derives it"
        " from the inputs (perturbations.probing_length).",
        called=None,
        above=0,
        only=_PROBING,
    )
    num_power_iterations: int = option(
        1,
        "Number of power iterations; each costs a pass and its gradient.",
        above=0,
        only=_PROBING,
    )

    @property
    def probes(self) -> bool:
        """Whether r comes from power iterations, at x + xi d."""
        return self.direction == _POWER_ITERATION

    @property
    def probing_length(self):
        return self.xi if self.probes else None

    def own_passes(self, images):
        searches = self.num_power_iterations if self.probes else 1
        return [Pass(images, inputs=True)] * searches + [
            Pass(images, weights=True)
        ]


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
