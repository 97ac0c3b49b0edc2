"""How the size of a perturbation grows in the course of training."""

import dataclasses

from xvat_tf.methods.method import Method
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
