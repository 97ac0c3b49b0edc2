"""Decision boundaries in the plane of moons and circles, along the way."""

import dataclasses
from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import history, networks_of, spread
from xvat_tf.datasets import find_dataset
from xvat_tf.errors import UserError
from xvat_tf.training.evaluation.metrics import accuracy

_RESOLUTION = 150
_MARGIN = 0.25
_MOVED = 40


def to_plane(points: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Coordinates `(n, 2)` of the points of a plane nearest to `(n, d)` ones.

    Its `basis` are orthonormal rows, `(2, d)`.
    """
    return points @ basis.T


@dataclasses.dataclass(frozen=True, eq=False)
class Plane:
    """A regular grid over the plane of the data.

    Attributes:
        x: Float, `(k,)`.
        y: Float, `(k,)`.
        inputs: Float32, `(k * k, d)`: grid points as the classifier reads
            them, row by row of y.
    """

    x: np.ndarray
    y: np.ndarray
    inputs: np.ndarray

    @classmethod
    def around(cls, points: np.ndarray, basis: np.ndarray) -> "Plane":
        """A grid over two-dimensional points and a margin."""
        low, high = points.min(axis=0), points.max(axis=0)
        margin = _MARGIN * (high - low)
        x, y = np.linspace(low - margin, high + margin, _RESOLUTION).T
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        return cls(x, y, (grid @ basis).astype(np.float32))


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """A classifier at one step.

    Attributes:
        epoch: Epochs done.
        accuracy: On the test points, in [0, 1].
        probability: Of class 1, `(k, k)`, over the plane's grid.
        moved: Some perturbed points, projected into the plane, or None.
    """

    epoch: float
    accuracy: float
    probability: np.ndarray
    moved: np.ndarray | None


class Boundary:
    """The classifier of a group's first run over the plane, at any step.

    Raises:
        UserError: Its data do not lie in a plane, or cannot be had.
    """

    def __init__(self, group: Group):
        run = group.first
        if not find_dataset(run.dataset).is_planar:
            raise UserError(
                f"{run.folder.path} was trained on {run.dataset}: boundaries"
                " need moons or circles."
            )
        self.label = group.label
        self._networks = networks_of(run)
        data = self._networks.data
        self._basis = data.basis
        # Points of the list whose rows a mask table has.
        pool, labels = data.labeled_images, data.labeled_labels
        if run.settings.uses_unlabeled:
            pool, labels = data.unlabeled_images, None
        rows = np.int32(spread(len(pool), _MOVED))
        known = None if labels is None else labels[rows]
        self._points = pool[rows], known, rows
        self.test_points = to_plane(data.test_images, data.basis)
        self.plane = Plane.around(self.test_points, data.basis)
        self.labeled = to_plane(data.labeled_images, data.basis)
        self.labels = data.labeled_labels
        self.start = to_plane(pool[rows], data.basis)

    def frames(self, missing: Missing) -> Iterator[Frame]:
        """The states of the run, first step first."""
        networks, data = self._networks, self._networks.data
        part = f"figure 4, {self.label}"
        for weights in history(networks.run, part, missing):
            networks.load(weights)
            logits = networks.logits(self.plane.inputs)
            margin = (logits[:, 1] - logits[:, 0]).astype(np.float64)
            right = accuracy(
                networks.logits(data.test_images), data.test_labels
            )
            yield Frame(
                networks.run.epoch(weights.step),
                right,
                expit(margin).reshape(_RESOLUTION, _RESOLUTION),
                self._moved(),
            )

    def _moved(self):
        shown = self._networks.display(*self._points)
        return None if shown is None else to_plane(shown.perturbed, self._basis)
