"""The passes through the classifier that a step cannot do without."""

import dataclasses

from xvat_tf.settings import Settings

_WITH_ENTROPY = ("vatent", "xvatent")


@dataclasses.dataclass(frozen=True)
class Pass:
    """One pass of a step through the classifier.

    Attributes:
        images: Images in it.
        weights: Whether the gradient of the weights is taken.
        inputs: Whether the gradient of the images is taken.
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


def needed_passes(settings: Settings) -> list[Pass]:
    """The passes that one step of a method cannot do without.

    Args:
        settings: Method, batch sizes, supervised or not.

    Returns:
        The passes, the labeled one first.
    """
    method, train = settings.method, settings.train
    labeled = Pass(train.batch_size, weights=True)
    count = train.batch_size
    clean = []
    if settings.uses_unlabeled:
        both = method.regularised == "all"
        count = train.ul_batch_size + both * train.batch_size
        clean = [Pass(count, weights=method.method in _WITH_ENTROPY)]
    probing = Pass(count, inputs=True)
    perturbed = Pass(count, weights=True)
    masked = Pass(count, weights=True, inputs=True)
    probes = [probing] * (method.num_power_iterations if method.probes else 1)
    return {
        "mle": [labeled],
        "at": [labeled, probing, perturbed],
        "vat": [labeled, *clean, *probes, perturbed],
        "vatent": [labeled, *clean, *probes, perturbed],
        "xat": [labeled, masked],
        "xvat": [labeled, *clean, masked],
        "xvatent": [labeled, *clean, masked],
    }[method.method]
