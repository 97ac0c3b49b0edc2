"""The options of the methods whose own term is the local smoothness."""

import dataclasses

from xvat_tf.methods.method import Method
from xvat_tf.option import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Smoothness(Method):
    """How local smoothness (LDS) is weighed, and of which images it is."""

    eta: float = option(1.0, "Weight of the local smoothness.", at_least=0)
    regularised: str = option(
        "unlabeled",
        "Images in the local smoothness: unlabeled, as in both reference"
        " programs, or all, which adds the labeled batch, eq. 13.",
        ("unlabeled", "all"),
    )

    @property
    def regularises_labeled(self):
        return self.regularised == "all"
