"""The Pi-model."""

import dataclasses

from xvat_tf.methods.consistency import Consistency
from xvat_tf.methods.method import Line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pi(Consistency):
    """The Pi-model (paper eq. 15; Laine and Aila, ICLR 2017)."""

    name = "pi"
    label = "Π-model"
    title = "Pi-model: two random views of an image agree"
    objective = "xvat_tf.training.objectives:PiModel"
    line = Line("#8C510A", "-", "P")
    published = {"Pi-model": ""}
