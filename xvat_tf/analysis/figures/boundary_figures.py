"""Fig. 4: boundaries of the methods, as a grid over epochs and as animation."""

from collections.abc import Iterator

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.boundaries import Boundary, Frame
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import spread

_COLUMNS = 5
# Probability of class 1, from sure of class 0 to sure of class 1.
_LEVELS = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)
_TINTS = ("#9ecae1", "#c6dbef", "#eaf2f9", "#fdf1e6", "#fdd0a2", "#fdae6b")
_CLASSES = ((style.BLUE, "o"), (style.VERMILION, "^"))
_MOVED = "x"


def draw(groups: list[Group], output: Output, missing: Missing) -> None:
    """Draws a grid, a row for each group, and an animation of the same."""
    rows = []
    for group in groups:
        with missing.unless_drawn(f"figure 4, {group.label}"):
            rows.append(Boundary(group, missing))
    if not rows:
        return
    dataset = groups[0].first.dataset
    length = max(len(row.frames) for row in rows)
    _draw_grid(rows, min(_COLUMNS, length), dataset, output)
    if length > 1:
        _animate(rows, length, dataset, output)


def _draw_grid(rows: list[Boundary], columns, dataset, output):
    width = max(2.0 * columns, 6.5)
    figure = style.new_figure((width, 2.1 * len(rows) + 0.9))
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for panels, row in zip(axes, rows, strict=True):
        for panel in panels:
            style.bare(panel)
        chosen = spread(len(row.frames), columns)
        for panel, i in zip(panels, chosen, strict=False):
            _draw_frame(panel, row, row.frames[i])
        panels[0].set_ylabel(row.label, fontsize=13)
    _explain(figure, dataset, rows)
    output.save(figure, f"figure4-{dataset}", flat=True)


def _animate(rows: list[Boundary], length, dataset, output):
    """The rows as columns, all states one after another."""
    width = max(3.0 * len(rows), 6.5)
    figure = style.new_figure((width, 3.9))
    axes = figure.subplots(1, len(rows), squeeze=False)[0]
    _explain(figure, dataset, rows)

    def states() -> Iterator[None]:
        for i in range(length):
            for panel, row in zip(axes, rows, strict=True):
                panel.clear()
                _draw_frame(panel, row, row.frames[min(i, len(row.frames) - 1)])
                panel.set_title(f"{row.label}, {panel.get_title()}")
            yield

    output.animate(figure, states(), f"figure4-{dataset}")


def _draw_frame(panel, row: Boundary, frame: Frame):
    grid = (row.x, row.y, frame.probability)
    panel.contourf(*grid, levels=_LEVELS, colors=_TINTS)
    panel.contour(*grid, levels=[0.5], colors="black")
    panel.scatter(*row.test_points.T, s=1, color="0.55", linewidths=0)
    if frame.moved is not None:
        _draw_moved(panel, row.start, frame.moved)
    for label, (color, marker) in enumerate(_CLASSES):
        panel.scatter(
            *row.labeled[row.labels == label].T,
            s=36,
            color=color,
            marker=marker,
            edgecolors="white",
            linewidths=0.8,
            zorder=4,
        )
    style.bare(panel)
    panel.set(xlim=row.x[[0, -1]], ylim=row.y[[0, -1]])
    panel.set_title(f"epoch {frame.epoch:g}: {100 * frame.accuracy:.1f} %")


def _draw_moved(panel, start, moved):
    """A cross where a point is moved to, a thin line from where it was."""
    segments = np.stack([start, moved], axis=1).transpose(2, 1, 0)
    panel.plot(*segments, color="0.25", linewidth=0.6, zorder=2)
    panel.scatter(
        *moved.T, s=12, color="black", marker=_MOVED, linewidths=0.8, zorder=3
    )


def _explain(figure, dataset, rows):
    from matplotlib.lines import Line2D

    ends = ", ".join(
        f"{row.label} {100 * row.frames[-1].accuracy:.1f} %" for row in rows
    )
    figure.suptitle(
        f"{dataset}: who draws the line between the classes? {ends}"
    )
    marks = [
        (f"labeled, class {label}", marker, color)
        for label, (color, marker) in enumerate(_CLASSES)
    ]
    marks += [
        ("perturbed, projected", _MOVED, "black"),
        ("test points", ".", "0.55"),
    ]
    figure.legend(
        handles=[
            Line2D([], [], linestyle="", label=text, marker=marker, color=color)
            for text, marker, color in marks
        ],
        loc="outside lower center",
        ncols=len(marks),
        columnspacing=1.2,
        handletextpad=0.2,
    )
