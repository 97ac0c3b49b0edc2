"""Fig. 6: how the weights of three layers are distributed."""

import math

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import Networks
from xvat_tf.errors import UserError
from xvat_tf.training import views
from xvat_tf.training.weights import read_newest

_PLACES = ("first", "middle", "last")
_MOST_BINS = 80
_PERCENTILES = (0.2, 99.8)


def draw(
    groups: list[Group],
    output: Output,
    missing: Missing,
    threshold: float,
) -> None:
    """Draws a panel per layer, a curve per method.

    A weight whose magnitude is below `threshold` counts as near zero.
    """
    drawn = []
    for group, line in zip(groups, style.lines(groups), strict=True):
        with missing.unless_drawn(f"figure 6, {group.label}"):
            drawn.append((group.label, line, _kernels(group.first)))
    if not drawn:
        return
    shapes = [{p: k.shape for p, k in kernels.items()} for *_, kernels in drawn]
    if any(other != shapes[0] for other in shapes):
        paths = ", ".join(str(group.first.folder.path) for group in groups)
        raise UserError(
            f"{paths} have networks with different layers: give runs of one"
            " network."
        )
    figure = style.new_figure((3.4 * len(shapes[0]), 4.2))
    panels = figure.subplots(1, len(shapes[0]), squeeze=False)[0]
    for panel, (place, shape) in zip(panels, shapes[0].items(), strict=True):
        panel.set_title(f"{place} layer, {' × '.join(map(str, shape))}")
        of_layer = [(label, x, kernels[place]) for label, x, kernels in drawn]
        _draw_layer(panel, of_layer, threshold)
    dataset = groups[0].first.dataset
    figure.suptitle(
        f"{dataset}: weights, and those near 0 (|w| < {threshold:g})"
    )
    output.save(figure, f"figure6-{dataset}")


def _kernels(run):
    networks = Networks(run)
    networks.load(read_newest(run.folder))
    found = views.three_kernels(networks.classifier)
    return {p: found[p].weights for p in _PLACES if p in found}


def _draw_layer(panel, drawn, threshold):
    pooled = np.concatenate([kernel.ravel() for *_, kernel in drawn])
    bins = min(_MOST_BINS, math.isqrt(pooled.size // len(drawn)))
    edges = np.linspace(*np.percentile(pooled, _PERCENTILES), bins + 1)
    for label, line, kernel in drawn:
        near_zero = np.mean(np.abs(kernel) < threshold)
        panel.stairs(
            density(kernel, edges),
            edges,
            color=line.color,
            linestyle=line.linestyle,
            linewidth=1.8,
            label=f"{label}: var {np.var(kernel):.2g},"
            f" {100 * near_zero:.1f} % near 0",
        )
    panel.set(xlabel="weight", ylabel="density", yscale="log")
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=10)


def density(weights: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of all weights per unit of width in each bin, `(bins,)`.

    Weights outside the ascending edges, `(bins + 1,)`, count in the whole, so
    that methods compare.
    """
    counts, _ = np.histogram(weights, edges)
    return counts / (weights.size * np.diff(edges))
