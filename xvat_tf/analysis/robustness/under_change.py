"""What a change of its images does to a classifier."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class UnderChange:
    """A classifier under one change. Numbers in JSON, a row in the table.

    Attributes:
        perturbation: What was done to the images.
        norm: `"l2"` or `"linf"`, which bounds it; None for masks.
        epsilon: That bound; None for masks.
        kept: Mean entry of the masks; None for others.
        l2: Mean L2 norm of the changes, after clipping.
        accuracy: Share of the images that are classified as their label.
        success: Of the images classified so before, the share that no
            longer is; None if there was none.
    """

    perturbation: str
    norm: str | None
    epsilon: float | None
    kept: float | None
    l2: float
    accuracy: float
    success: float | None


class Subject:
    """A classifier, images -> logits in inference mode, and what it is shown.

    Images are float, `(n, ...)`, as it reads them; labels int, `(n,)`.
    """

    def __init__(
        self,
        classify: Callable[[np.ndarray], np.ndarray],
        images: np.ndarray,
        labels: np.ndarray,
    ):
        self._classify = classify
        self.images, self.labels = images, labels
        self._was_right = self._is_right(images)

    @property
    def accuracy(self) -> float:
        """On the images as they are, in [0, 1]."""
        return float(self._was_right.mean())

    def row(
        self, name: str, changed, *, norm=None, epsilon=None, kept=None
    ) -> UnderChange:
        """Measures the classifier on changed images, of the same shape."""
        changed = np.asarray(changed)
        is_right, was_right = self._is_right(changed), self._was_right
        fooled = np.mean(~is_right[was_right]) if was_right.any() else None
        return UnderChange(
            perturbation=name,
            norm=norm,
            epsilon=epsilon,
            kept=kept,
            l2=_mean_norm(changed - self.images),
            accuracy=float(is_right.mean()),
            success=None if fooled is None else float(fooled),
        )

    def _is_right(self, images):
        return self._classify(images).argmax(axis=1) == self.labels


def _mean_norm(changes):
    rows = changes.reshape(len(changes), -1).astype(np.float64)
    return float(np.linalg.norm(rows, axis=1).mean())
