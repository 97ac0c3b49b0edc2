"""Maximum likelihood."""

import dataclasses

from xvat_tf.methods.method import Line, Method


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mle(Method):
    """Maximum likelihood: cross entropy of the labels, no perturbation."""

    name = "mle"
    label = "MLE"
    title = "Supervised training without perturbations (MLE)"
    objective = "xvat_tf.training.objectives:MaximumLikelihood"
    line = Line("#000000", ":", "o")
    published = {"MLE": "", "Supervised": ""}
    released = {"ce": {}}
    perturbs = False
    needs_labels = True

    def own_passes(self, images):
        return []
