"""One pass of a step through the classifier, for the cost model."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Pass:
    """One pass of a step through the classifier.

    It is of a number of images; `weights` and `inputs` say of what the gradient
    is taken.
    """

    images: int
    weights: bool = False
    inputs: bool = False

    @property
    def backward(self) -> bool:
        """Whether a gradient goes back through it."""
        return self.weights or self.inputs

    @property
    def forward_passes(self) -> int:
        """Cost in forward passes of one image, as the published model."""
        return self.images * (1 + self.weights + self.backward)
