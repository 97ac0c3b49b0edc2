"""Training curves: a line per method, a band of one standard deviation."""

import textwrap

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.curves import Band, Curve, final, read_curves
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.files.tables import counted, spread_text
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY, PERTURBED

# Part of a line of metrics, tag, title, factor of each.
PANELS = (
    ("test", ACCURACY, "accuracy, %", 100),
    ("test", CROSS_ENTROPY, "cross entropy, nats", 1),
    ("train", PERTURBED, "training perturbed term, nats", 1),
)
_NARROW_KEY = 52  # Characters of a line in a single column.
_WIDE_KEY = 32  # Characters; three keys of more do not fit side by side.


def draw(groups: list[Group], output: Output, missing: Missing) -> None:
    """Draws accuracy and losses, a curve per group, of all its runs."""
    curves = read_curves(groups, missing)
    if not curves:
        return
    settings = groups[0].first.settings
    figure = style.new_figure((10, 3.8))
    panels = figure.subplots(1, len(PANELS))
    for panel, what in zip(panels, PANELS, strict=True):
        draw_panel(panel, curves, what, settings.data.evaluated_on)
    add_keys(figure, curves)
    figure.suptitle(_title(settings.data.dataset, curves))
    output.save(figure, f"curves-{settings.data.dataset}")


def draw_panel(panel, curves: list[Curve], what: tuple, on: str) -> None:
    """Draws one of `PANELS`, evaluated on `"test"` or `"validation"` images."""
    part, tag, title, factor = what
    for curve in curves:
        _draw_band(panel, curve.line, curve.band(part, tag), factor)
    on = f"{on} " if part == "test" else ""
    panel.set(title=on + title, xlabel="epoch")
    panel.grid(alpha=0.3)
    _cut(panel, tag)


def _draw_band(panel, line, found: Band, factor):
    mean = factor * found.mean
    panel.plot(found.epochs, mean, markersize=4, **line._asdict())
    if found.deviation is not None:
        reach = factor * found.deviation
        panel.fill_between(
            found.epochs,
            mean - reach,
            mean + reach,
            color=line.color,
            alpha=0.2,
            linewidth=0,
        )


def _cut(panel, tag):
    """Leaves out of the picture what a band covers and no value can be."""
    bottom, top = panel.get_ylim()
    if tag == ACCURACY:
        panel.set_ylim(top=min(top, 100.5))
    else:
        panel.set_ylim(bottom=max(bottom, -0.02 * top))


def add_keys(figure, curves: list[Curve], columns: int = 0) -> None:
    """Puts a key under a figure: each curve and where it ends.

    In so many columns, or by itself where none are said.
    """
    from matplotlib.lines import Line2D

    texts = [f"{curve.label}: {_ending(curve.metrics)}" for curve in curves]
    if columns:
        texts = [textwrap.fill(text, _NARROW_KEY) for text in texts]
    else:
        columns = 1 if max(map(len, texts)) > _WIDE_KEY else min(3, len(texts))
    keys = [
        Line2D([], [], label=text, **curve.line._asdict())
        for curve, text in zip(curves, texts, strict=True)
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=columns)


def _ending(metrics):
    seeds = counted(len(metrics), "seed")
    return f"{spread_text(final(metrics), '.1f')} % ({seeds})"


def _title(dataset, curves: list[Curve]):
    best = max(curves, key=lambda curve: final(curve.metrics).mean)
    title = f"{dataset}: {best.label}"
    if len(curves) > 1:
        title += " ends highest"
    if any(len(curve.metrics) > 1 for curve in curves):
        title += "; bands are one standard deviation over seeds"
    return title
