"""The option of the methods that minimise the entropy of predictions."""

import dataclasses

from xvat_tf.methods.method import Method
from xvat_tf.methods.passes import Pass
from xvat_tf.option import option


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
