"""Fig. 6: how the weights of three layers are distributed."""

import math

import numpy as np

from xvat_tf.analysis import style
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import networks_of
from xvat_tf.errors import UserError
from xvat_tf.training import views
from xvat_tf.training.weights import read_newest

_PLACES = ("first", "middle", "last")
_MOST_BINS = 80
_PERCENTILES = (0.2, 99.8)


def near_zero(weights: np.ndarray, threshold: float) -> float:
    """Share of weights whose magnitude is below `threshold`, in [0, 1]."""
    return float(np.mean(np.abs(weights) < threshold))


def density(weights: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of all weights per unit of width in each bin.

    Args:
        weights: Any shape.
        edges: Bin borders, ascending, `(bins + 1,)`. Weights outside count
            in the whole, so that methods compare.

    Returns:
        Float, `(bins,)`.
    """
    counts, _ = np.histogram(weights, edges)
    return counts / (weights.size * np.diff(edges))


def draw(
    groups: list[Group],
    output: style.Output,
    missing: Missing,
    threshold: float,
) -> None:
    """Draws a panel per layer, a curve per method.

    Args:
        groups: The runs; the first of each is drawn.
        output: Where to.
        missing: Gets the groups that cannot be drawn.
        threshold: Magnitude below which a weight counts as near zero.

    Raises:
        UserError: The networks have other layers.
    """
    from matplotlib.figure import Figure

    drawn = []
    for group, line in zip(groups, style.lines(groups), strict=True):
        with missing.unless_drawn(f"figure 6, {group.label}"):
            drawn.append((group.label, line, _kernels(group.first)))
    if not drawn:
        return
    shapes = _common_shapes(groups, [kernels for *_, kernels in drawn])
    figure = Figure((4.3 * len(shapes), 4.6), layout="constrained")
    panels = figure.subplots(1, len(shapes))
    for panel, (place, shape) in zip(panels, shapes.items(), strict=True):
        product = " × ".join(map(str, shape))
        panel.set_title(f"{place} layer of weights, {product}")
        curves = [(*head, kernels[place]) for *head, kernels in drawn]
        _draw_layer(panel, curves, threshold)
    dataset = groups[0].first.dataset
    figure.suptitle(
        f"{dataset}: who has wide, who has near-zero weights?"
        f" (0: share of |w| < {threshold:g})"
    )
    output.save(figure, f"figure6-{dataset}")


def _kernels(run):
    """Newest weights by place: first, middle, last."""
    networks = networks_of(run)
    networks.load(read_newest(run.folder))
    found = views.three_kernels(networks.classifier)
    order = [place for place in _PLACES if place in found]
    return {place: found[place].weights for place in order}


def _common_shapes(groups, drawn):
    """Shapes by place, of networks that have the same ones."""
    shapes = [{p: k.shape for p, k in kernels.items()} for kernels in drawn]
    if any(other != shapes[0] for other in shapes):
        paths = ", ".join(str(group.first.folder.path) for group in groups)
        raise UserError(
            f"{paths} have networks of other layers: give runs of one network."
        )
    return shapes[0]


def _draw_layer(panel, curves, threshold):
    pooled = np.concatenate([kernel.ravel() for *_, kernel in curves])
    bins = min(_MOST_BINS, math.isqrt(pooled.size // len(curves)))
    edges = np.linspace(*np.percentile(pooled, _PERCENTILES), bins + 1)
    for label, line, kernel in curves:
        share = 100 * near_zero(kernel, threshold)
        panel.stairs(
            density(kernel, edges),
            edges,
            color=line.color,
            linestyle=line.linestyle,
            linewidth=1.8,
            label=f"{label}: var {np.var(kernel):.2g}, 0: {share:.1f} %",
        )
    panel.set(xlabel="weight", ylabel="density", yscale="log")
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), fontsize=10)
