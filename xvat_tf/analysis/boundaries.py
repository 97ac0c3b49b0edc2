"""Fig. 4: decision boundaries on moons and circles while training goes on."""

import dataclasses
from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from xvat_tf.analysis import style
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import history, networks_of, spread
from xvat_tf.errors import UserError
from xvat_tf.training import views
from xvat_tf.training.evaluation import accuracy

_COLUMNS = 5
_RESOLUTION = 150
_MARGIN = 0.25
_MOVED = 40
_LEVELS = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)


def to_plane(points: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Coordinates of the nearest points of the plane.

    Args:
        points: Float, `(n, d)`.
        basis: Orthonormal rows, `(2, d)`, that span the plane.

    Returns:
        Float, `(n, 2)`; of a point in the plane, the point itself.
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
    """The classifier of a run over the plane, at any of its steps.

    Args:
        group: Its first run is drawn.

    Raises:
        UserError: Its data do not lie in a plane, or cannot be had.
    """

    def __init__(self, group: Group):
        run = group.first
        if run.dataset not in ("moons", "circles"):
            raise UserError(
                f"{run.folder.path} was trained on {run.dataset}: boundaries"
                " need moons or circles."
            )
        self.label = group.label
        self._networks = networks_of(run)
        data = self._networks.data
        self._basis = data.basis
        self._choose_points(run.settings, data)
        self.test_points = to_plane(data.test_images, data.basis)
        self.plane = Plane.around(self.test_points, data.basis)
        self.labeled = to_plane(data.labeled_images, data.basis)
        self.labels = data.labeled_labels
        self.start = to_plane(self._points, data.basis)

    def frames(self, missing: Missing, count=None) -> Iterator[Frame]:
        """The states of the run, first step first."""
        networks, data = self._networks, self._networks.data
        part = f"figure 4, {self.label}"
        for weights in history(networks.run, part, missing, count):
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

    def _choose_points(self, settings, data):
        """Points of the list whose rows a mask table has."""
        pool = (
            data.unlabeled_images
            if settings.uses_unlabeled
            else data.labeled_images
        )
        self._rows = np.int32(spread(len(pool), _MOVED))
        self._points = pool[self._rows]
        self._point_labels = None
        if not settings.uses_unlabeled:
            self._point_labels = data.labeled_labels[self._rows]

    def _moved(self):
        networks = self._networks
        method, noise = networks.run.settings.method, networks.noise
        if method.uses_mask:
            points = views.masks(
                networks.generator, method, self._points, self._rows, noise
            ).masked
        elif method.method == "mle":
            return None
        else:
            points = views.additive_perturbation(
                networks.classifier,
                method,
                self._points,
                self._point_labels,
                noise,
            ).perturbed
        return to_plane(points, self._basis)


def draw(groups: list[Group], output: style.Output, missing: Missing) -> None:
    """Draws a grid, method by epoch, and an animation.

    Args:
        groups: The runs; a row, and a column of the animation, for each.
        output: Where to.
        missing: Gets the groups that cannot be drawn.
    """
    from matplotlib.figure import Figure

    rows = []
    for group in groups:
        with missing.unless_drawn(f"figure 4, {group.label}"):
            boundary = Boundary(group)
            rows.append((boundary, list(boundary.frames(missing))))
    if not rows:
        return
    name = f"figure4-{groups[0].first.dataset}"
    columns = min(_COLUMNS, max(len(frames) for _, frames in rows))
    figure = Figure((2.4 * columns, 2.5 * len(rows) + 1), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for row, (boundary, frames) in zip(axes, rows, strict=True):
        for panel in row[len(frames) :]:
            panel.set_axis_off()
        chosen = [frames[i] for i in spread(len(frames), columns)]
        for panel, frame in zip(row, chosen, strict=False):
            _draw_frame(panel, boundary, frame)
        row[0].set_ylabel(boundary.label, fontsize=13)
    _explain(figure, groups[0].first.dataset)
    output.save(figure, name)
    _animate(rows, output, name)


def _animate(rows, output, name):
    """The rows as columns, all states one after another."""
    from matplotlib.figure import Figure

    length = max(len(frames) for _, frames in rows)
    if length < 2:
        return
    figure = Figure((3.2 * len(rows), 4.1), layout="constrained")
    axes = figure.subplots(1, len(rows), squeeze=False)[0]
    _explain(figure, name.split("-")[1])

    def states():
        for i in range(length):
            for panel, (boundary, frames) in zip(axes, rows, strict=True):
                panel.clear()
                frame = frames[min(i, len(frames) - 1)]
                _draw_frame(panel, boundary, frame)
                title = f"{boundary.label}: {panel.get_title()}"
                panel.set_title(title)
            yield

    output.animate(figure, states(), name)


def _draw_frame(panel, boundary, frame):
    plane = boundary.plane
    panel.contourf(
        plane.x,
        plane.y,
        frame.probability,
        levels=_LEVELS,
        colors=(
            "#9ecae1",
            "#c6dbef",
            "#eaf2f9",
            "#fdf1e6",
            "#fdd0a2",
            "#fdae6b",
        ),
    )
    panel.contour(
        plane.x, plane.y, frame.probability, levels=[0.5], colors="black"
    )
    panel.scatter(*boundary.test_points.T, s=1, color="0.55", linewidths=0)
    _draw_moved(panel, boundary.start, frame.moved)
    for label in (0, 1):
        panel.scatter(
            *boundary.labeled[boundary.labels == label].T,
            s=45,
            color=style.CLASS_COLORS[label],
            marker=style.CLASS_MARKERS[label],
            edgecolors="white",
            linewidths=0.8,
            zorder=4,
        )
    style.bare(panel)
    panel.set(xlim=plane.x[[0, -1]], ylim=plane.y[[0, -1]])
    panel.set_title(f"epoch {frame.epoch:g}, {100 * frame.accuracy:.1f} %")


def _draw_moved(panel, start, moved):
    if moved is None:
        return
    panel.plot(
        *np.stack([start, moved], axis=1).transpose(2, 1, 0),
        color="0.25",
        linewidth=0.6,
        zorder=2,
    )
    panel.scatter(
        *moved.T, s=14, color="black", marker="x", linewidths=0.9, zorder=3
    )


def _explain(figure, dataset):
    from matplotlib.lines import Line2D

    figure.suptitle(
        f"{dataset}: does the boundary (black line) follow the data (gray)?"
        " Accuracy on the test points"
    )
    marks = [
        Line2D([], [], linestyle="none", label=text, marker=marker, color=color)
        for text, marker, color in (
            ("labeled, class 0", style.CLASS_MARKERS[0], style.CLASS_COLORS[0]),
            ("labeled, class 1", style.CLASS_MARKERS[1], style.CLASS_COLORS[1]),
            ("perturbed points x + r or x ⊙ εz, projected", "x", "black"),
        )
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=3)
