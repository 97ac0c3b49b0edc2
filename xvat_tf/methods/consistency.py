"""The methods that hold two predictions of an image together."""

import dataclasses

from xvat_tf.methods.method import Line, Method, Pass
from xvat_tf.option import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Consistency(Method):
    """How the two predictions come apart, and how their distance is weighed.

    They are of unlabeled images; without those, of the labeled batch, whose
    labeled pass is then the first.
    """

    views = 2

    consistency_weight: float = option(
        10.0,
        "Weight of the squared distance between the two predictions, eq. 15."
        " Laine and Aila's 100 multiplies its mean over 10 classes.",
        at_least=0,
    )
    ramp_up_steps: int = option(
        1000,
        "Steps T over which that weight rises as exp(-5 (1 - step / T)^2); 0:"
        " the full weight from the start.",
        at_least=0,
    )
    input_noise: float = option(
        0.15,
        "Standard deviation of Gaussian noise on the images, in the units of"
        " the input; 0.15 as in Laine and Aila. At 0, without augmentation and"
        " dropout, the two views of pi are equal.",
        at_least=0,
    )

    def clean_pass(self, images):
        return Pass(images, weights=True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pi(Consistency):
    """The Pi-model (paper eq. 15; Laine and Aila, ICLR 2017)."""

    name = "pi"
    label = "Π-model"
    title = "Pi-model: two random views of an image agree"
    objective = "xvat_tf.training.objectives:PiModel"
    line = Line("#8C510A", "-", "P")
    published = {"Pi-model": ""}


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class MeanTeacher(Consistency):
    """Mean Teacher (Tarvainen and Valpola, NIPS 2017): averaged weights teach.

    The average is that of `ema_decay`; 0.99 here, for fewer steps than the
    paper's, which has 0.999 after the ramp.
    """

    name = "mean_teacher"
    label = "Mean Teacher"
    title = "Mean Teacher: a view agrees with averaged weights on another"
    objective = "xvat_tf.training.objectives:MeanTeacherObjective"
    line = Line("#35978F", "-", "X")
    published = {"Mean Teacher": ""}
    weights = "averaged"
    defaults = {"ema_decay": 0.99}

    def own_passes(self, images):
        return [Pass(images)]
