"""What a change of its images does to a classifier."""

from collections.abc import Callable

import numpy as np


class Subject:
    """A classifier, images -> logits in inference mode, and what it is shown.

    Images are float, `(n, ...)`, as it reads them; labels int, `(n,)`. Its
    `accuracy` is on the images as they are, in [0, 1].
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
        self.accuracy = float(self._was_right.mean())

    def row(
        self, name: str, changed, *, norm=None, epsilon=None, kept=None
    ) -> dict:
        """Measures the classifier on changed images, of the same shape.

        The norm, `"l2"` or `"linf"`, and epsilon bound the change, `kept` is
        the mean entry of a mask; None for others. `l2` is the mean L2 norm of
        the changes, and `success` the share of the images classified as their
        label before that no longer is; None if there was none.
        """
        changed = np.asarray(changed)
        is_right, was_right = self._is_right(changed), self._was_right
        changes = (changed - self.images).reshape(len(changed), -1)
        lengths = np.linalg.norm(changes.astype(np.float64), axis=1)
        fooled = ~is_right[was_right]
        return {
            "perturbation": name,
            "norm": norm,
            "epsilon": epsilon,
            "kept": kept,
            "l2": float(lengths.mean()),
            "accuracy": float(is_right.mean()),
            "success": float(fooled.mean()) if fooled.size else None,
        }

    def _is_right(self, images):
        return self._classify(images).argmax(axis=1) == self.labels
