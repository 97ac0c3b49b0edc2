"""Fig. 3: where an additive perturbation and a mask can move a point."""

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group

_POINT = np.array([1.2, 0.9])
_RADIUS = 0.5
_DRAWS = 300
_GAINS = (1.0, 2.0)


def draw(groups: list[Group], output: Output, missing: Missing) -> None:
    """Draws r of one norm around a point, and its masks; reads no group."""
    from matplotlib.patches import Rectangle

    figure = style.new_figure((9.6, 3.2))
    panels = figure.subplots(1, 1 + len(_GAINS))
    _draw_moved(panels[0], additive(_POINT, _RADIUS, _DRAWS), style.BLUE)
    panels[0].set_title(f"x + r, ‖r‖ = {_RADIUS:g}: the ring")
    for panel, gain in zip(panels[1:], _GAINS, strict=True):
        look = {"fill": False, "color": "0.5", "linestyle": "--"}
        panel.add_patch(Rectangle((0, 0), *(gain * _POINT), **look))
        moved = multiplicative(_POINT, gain, _DRAWS)
        _draw_moved(panel, moved, style.VERMILION)
        panel.set_title(f"x ⊙ εz, ε = {gain:g}: the rectangle")
    figure.suptitle("Where additive and multiplicative perturbations can reach")
    output.save(figure, "figure3", flat=True)


def additive(point: np.ndarray, radius: float, count: int) -> np.ndarray:
    """Moves a point `(2,)` by r of length `radius`: `(count, 2)` of a ring."""
    directions = np.random.default_rng(1).normal(size=(count, 2))
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    return point + radius * directions / lengths


def multiplicative(point: np.ndarray, gain: float, count: int) -> np.ndarray:
    """Multiplies a point by masks at log alpha 0: `(count, 2)` of a rectangle.

    It is between 0 and `gain * point`.
    """
    from xvat_tf.perturbations import HardConcrete, apply_mask

    noise = np.random.default_rng(1).uniform(size=(count, 2))
    mask = HardConcrete().sample_from_noise(np.zeros_like(noise), noise)
    return apply_mask(point, mask, gain).numpy()


def _draw_moved(panel, moved, color):
    panel.axhline(0, color="0.8", linewidth=1, zorder=0)
    panel.axvline(0, color="0.8", linewidth=1, zorder=0)
    panel.scatter(*moved.T, s=9, color=color, alpha=0.5, linewidths=0)
    panel.scatter(*_POINT, s=60, color="black", marker="*", zorder=4)
    panel.annotate("x", _POINT, xytext=(6, 4), textcoords="offset points")
    panel.set(xlim=(-0.2, 2.6), ylim=(-0.2, 2.0), aspect="equal")
