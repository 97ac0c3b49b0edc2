"""The options of the methods that hold two predictions of an image together."""

import dataclasses

from xvat_tf.methods.method import Method
from xvat_tf.methods.passes import Pass
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
