"""The options of the methods whose own term is of labels."""

import dataclasses

from xvat_tf.errors import UserError
from xvat_tf.methods.method import Method
from xvat_tf.option import option


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
