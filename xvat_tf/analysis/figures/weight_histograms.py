"""Fig. 6: how the weights of three layers are distributed."""

import dataclasses
import math

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
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
    """Share of all weights per unit of width in each bin, `(bins,)`.

    Weights outside the ascending edges, `(bins + 1,)`, count in the whole, so
    that methods compare.
    """
    counts, _ = np.histogram(weights, edges)
    return counts / (weights.size * np.diff(edges))


@dataclasses.dataclass(frozen=True, eq=False)
class Weighted:
    """A method's line, and its kernels by place: first, middle, last."""

    label: str
    line: style.Line
    kernels: dict[str, np.ndarray]


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
            drawn.append(Weighted(group.label, line, _kernels(group.first)))
    if not drawn:
        return
    shapes = _common_shapes(groups, drawn)
    figure = style.new_figure((3.4 * len(shapes), 4.2))
    panels = figure.subplots(1, len(shapes), squeeze=False)[0]
    for panel, (place, shape) in zip(panels, shapes.items(), strict=True):
        panel.set_title(f"{place} layer, {' × '.join(map(str, shape))}")
        _draw_layer(panel, drawn, place, threshold)
    dataset = groups[0].first.dataset
    figure.suptitle(
        f"{dataset}: {finding(drawn, threshold)} (|w| < {threshold:g})"
    )
    output.save(figure, f"figure6-{dataset}")


def finding(drawn: list[Weighted], threshold: float) -> str:
    """Who has the smallest share near zero in every layer, if anybody has."""
    if len(drawn) == 1:
        return f"weights of {drawn[0].label}"
    shares = np.array(
        [
            [near_zero(kernel, threshold) for kernel in one.kernels.values()]
            for one in drawn
        ]
    )
    for one, own in zip(drawn, shares, strict=True):
        if np.sum(np.all(own < shares, axis=1)) == len(drawn) - 1:
            return f"{one.label} has the fewest weights near 0 in every layer"
    return "nobody has the fewest weights near 0 in every layer"


def _kernels(run):
    """Newest weights by place: first, middle, last."""
    networks = networks_of(run)
    networks.load(read_newest(run.folder))
    found = views.three_kernels(networks.classifier)
    order = [place for place in _PLACES if place in found]
    return {place: found[place].weights for place in order}


def _common_shapes(groups, drawn):
    """Shapes by place, of networks that have the same ones."""
    shapes = [{p: k.shape for p, k in one.kernels.items()} for one in drawn]
    if any(other != shapes[0] for other in shapes):
        paths = ", ".join(str(group.first.folder.path) for group in groups)
        raise UserError(
            f"{paths} have networks with different layers: give runs of one"
            " network."
        )
    return shapes[0]


def _draw_layer(panel, drawn, place, threshold):
    pooled = np.concatenate([one.kernels[place].ravel() for one in drawn])
    bins = min(_MOST_BINS, math.isqrt(pooled.size // len(drawn)))
    edges = np.linspace(*np.percentile(pooled, _PERCENTILES), bins + 1)
    for one in drawn:
        kernel = one.kernels[place]
        variance = f"var {np.var(kernel):.2g}"
        share = f"{100 * near_zero(kernel, threshold):.1f} % near 0"
        panel.stairs(
            density(kernel, edges),
            edges,
            color=one.line.color,
            linestyle=one.line.linestyle,
            linewidth=1.8,
            label=f"{one.label}: {variance}, {share}",
        )
    panel.set(xlabel="weight", ylabel="density", yscale="log")
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=10)
