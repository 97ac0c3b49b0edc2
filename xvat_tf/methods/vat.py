"""Virtual adversarial training."""

import dataclasses

from xvat_tf.methods.growth import Growth
from xvat_tf.methods.method import Line
from xvat_tf.methods.passes import Pass
from xvat_tf.methods.smoothness import Smoothness
from xvat_tf.option import option

_POWER_ITERATION = "power_iteration"
_PROBING = ("direction", _POWER_ITERATION)


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
