"""Decision boundaries in the plane of moons and circles, along the way."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import Networks, history, spread
from xvat_tf.datasets import find_dataset
from xvat_tf.errors import UserError
from xvat_tf.training.evaluation.metrics import accuracy

_RESOLUTION = 150
_MARGIN = 0.25
_MOVED_POINTS = 40


def to_plane(points: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Coordinates `(n, 2)` of the points of a plane nearest to `(n, d)` ones.

    Its `basis` are orthonormal rows, `(2, d)`.
    """
    return points @ basis.T


def grid_around(points: np.ndarray, basis: np.ndarray) -> tuple:
    """A regular grid over points of the plane, `(n, 2)`, and a margin.

    Gives x and y, `(k,)`, and its points as the classifier reads them, float32,
    `(k * k, d)`, row by row of y.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * (high - low)
    x, y = np.linspace(low - margin, high + margin, _RESOLUTION).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return x, y, (grid @ basis).astype(np.float32)


class Frame(NamedTuple):
    """A classifier at one step; its probability of class 1 over the grid.

    `moved` are some perturbed points in the plane, None for MLE.
    """

    epoch: float
    accuracy: float
    probability: np.ndarray
    moved: np.ndarray | None


class Boundary:
    """The classifier of a group's first run over the plane, at all its steps.

    A UserError says that its data lie in no plane, or cannot be had.
    """

    def __init__(self, group: Group, missing: Missing):
        run = group.first
        if not find_dataset(run.dataset).is_planar:
            raise UserError(
                f"{run.folder.path} was trained on {run.dataset}: boundaries"
                " need moons or circles."
            )
        self.label = group.label
        networks = Networks(run)
        data = networks.data
        # Points of the list whose rows a mask table has.
        pool, labels = data.labeled_images, data.labeled_labels
        if run.settings.uses_unlabeled:
            pool, labels = data.unlabeled_images, None
        rows = np.int32(spread(len(pool), _MOVED_POINTS))
        known = None if labels is None else labels[rows]
        self.test_points = to_plane(data.test_images, data.basis)
        self.labeled = to_plane(data.labeled_images, data.basis)
        self.labels = data.labeled_labels
        self.start = to_plane(pool[rows], data.basis)
        self.x, self.y, inputs = grid_around(self.test_points, data.basis)
        points = pool[rows], known, rows
        states = history(run, f"figure 4, {group.label}", missing)
        self.frames = [
            _frame(networks, weights, inputs, points) for weights in states
        ]


def _frame(networks, weights, inputs, points):
    networks.load(weights)
    data, shown = networks.data, networks.display(*points)
    return Frame(
        networks.run.epoch(weights.step),
        accuracy(networks.logits(data.test_images), data.test_labels),
        _of_class_1(networks.logits(inputs)),
        shown and to_plane(shown.perturbed, data.basis),
    )


def _of_class_1(logits):
    margin = (logits[:, 1] - logits[:, 0]).astype(np.float64)
    return expit(margin).reshape(_RESOLUTION, _RESOLUTION)
