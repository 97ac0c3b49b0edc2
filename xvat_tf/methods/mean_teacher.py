"""Mean Teacher."""

import dataclasses

from xvat_tf.methods.consistency import Consistency
from xvat_tf.methods.method import Line
from xvat_tf.methods.passes import Pass


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
