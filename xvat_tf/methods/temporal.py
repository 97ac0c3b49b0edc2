"""Temporal Ensembling."""

import dataclasses

from xvat_tf.methods.consistency import Consistency
from xvat_tf.methods.method import Line
from xvat_tf.option import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Temporal(Consistency):
    """Temporal Ensembling (Laine and Aila, ICLR 2017): the past teaches."""

    name = "temporal"
    label = "Temporal ensembling"
    title = "Temporal Ensembling: an image agrees with its past predictions"
    objective = "xvat_tf.training.objectives:TemporalEnsembling"
    line = Line("#BF812D", "--", "p")
    published = {"Temporal ensembling": ""}
    views = 1

    prediction_decay: float = option(
        0.6,
        "Share that the average of an image's past predictions keeps when the"
        " image is drawn again; 0.6 as in Laine and Aila.",
        at_least=0,
        below=1,
    )

    @property
    def has_table(self):
        return True

    def own_passes(self, images):
        return []
