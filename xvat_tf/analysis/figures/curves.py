"""Training curves: a line per method, a band of one standard deviation."""

import textwrap
from typing import NamedTuple

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.errors import UserError
from xvat_tf.files.tables import counted, spread, spread_text
from xvat_tf.records import read_metrics
from xvat_tf.records.tags import (
    ACCURACY,
    AVERAGED_ACCURACY,
    AVERAGED_CROSS_ENTROPY,
    CROSS_ENTROPY,
    PERTURBED,
)

# Part of a line of metrics, tag, title, factor of each.
PANELS = (
    ("test", ACCURACY, "accuracy, %", 100),
    ("test", CROSS_ENTROPY, "cross entropy, nats", 1),
    ("train", PERTURBED, "training perturbed term, nats", 1),
)
_AVERAGED = {ACCURACY: AVERAGED_ACCURACY, CROSS_ENTROPY: AVERAGED_CROSS_ENTROPY}
_NARROW_KEY = 52  # Characters of a line in a single column.
_WIDE_KEY = 32  # Characters; three keys of more do not fit side by side.


def band(curves: list[dict[float, float]]) -> tuple:
    """Mean and deviation of curves, value by epoch, one of each seed.

    Gives epochs that every seed was evaluated at, means, sample standard
    deviations (n - 1), `(t,)`; None for those of one seed.
    """
    epochs = sorted(set.intersection(*map(set, curves)))
    values = np.array([[curve[epoch] for epoch in epochs] for curve in curves])
    deviation = values.std(axis=0, ddof=1) if len(curves) > 1 else None
    return np.array(epochs), values.mean(axis=0), deviation


class Curve(NamedTuple):
    """A group's line, and the metrics of each of its runs that has any."""

    label: str
    line: style.Line
    metrics: list[list[dict]]

    def band(self, part: str, tag: str) -> tuple:
        """Its values of a tag; of no epoch where the method has no such."""
        return band(
            [
                {
                    line["epoch"]: line[part][tag]
                    for line in lines
                    if line[part].get(tag) is not None
                }
                for lines in self.metrics
            ]
        )

    @property
    def final(self):
        """Spread over seeds of the last test accuracy, in percent."""
        return spread(
            100 * lines[-1]["test"][ACCURACY] for lines in self.metrics
        )


def read_curves(groups: list[Group], missing: Missing) -> list[Curve]:
    """Reads the metrics of all runs: a curve for each group that has any.

    They are of the weights that a method is evaluated with. `missing` gets
    runs without evaluations or not finished.
    """
    curves = [
        Curve(group.label, line, _metrics(group, missing))
        for group, line in zip(groups, style.lines(groups), strict=True)
    ]
    return [curve for curve in curves if curve.metrics]


def _metrics(group, missing):
    found = []
    averaged = group.first.settings.method.weights == "averaged"
    for run in group.runs:
        with missing.unless_drawn(f"curves, {group.label}"):
            lines = read_metrics(run.folder)
            if not lines:
                raise UserError(
                    f"{run.folder.path} has no evaluation yet: train first,"
                    f" with --log_dir={run.folder.path}."
                )
            found.append([_averaged(x) if averaged else x for x in lines])
            if run.folder.finished_results() is None:
                missing.add(
                    f"curves, {group.label}",
                    f"{run.folder.path} is not finished: its curve ends at"
                    f" epoch {lines[-1]['epoch']}.",
                )
    return found


def _averaged(line):
    test = line["test"]
    return line | {"test": test | {n: test[a] for n, a in _AVERAGED.items()}}


def draw(groups: list[Group], output: Output, missing: Missing) -> None:
    """Draws accuracy and losses, a curve per group, of all its runs."""
    curves = read_curves(groups, missing)
    if not curves:
        return
    data = groups[0].first.settings.data
    figure = style.new_figure((10, 3.8))
    panels = figure.subplots(1, len(PANELS))
    for panel, what in zip(panels, PANELS, strict=True):
        draw_panel(panel, curves, what, data.evaluated_on)
    add_keys(figure, curves)
    figure.suptitle(_title(data.dataset, curves))
    output.save(figure, f"curves-{data.dataset}")


def draw_panel(panel, curves: list[Curve], what: tuple, on: str) -> None:
    """Draws one of `PANELS`, evaluated on `"test"` or `"validation"` images."""
    part, tag, title, factor = what
    for curve in curves:
        epochs, mean, deviation = curve.band(part, tag)
        mean = factor * mean
        panel.plot(epochs, mean, markersize=4, **curve.line._asdict())
        if deviation is not None:
            low, high = mean - factor * deviation, mean + factor * deviation
            look = {"color": curve.line.color, "alpha": 0.2, "linewidth": 0}
            panel.fill_between(epochs, low, high, **look)
    on = f"{on} " if part == "test" else ""
    panel.set(title=on + title, xlabel="epoch")
    panel.locator_params(axis="x", integer=True, min_n_ticks=1)
    panel.grid(alpha=0.3)
    # Leave out of the picture what a band covers and no value can be.
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

    texts = [
        f"{curve.label}: {spread_text(curve.final, '.1f')} %"
        f" ({counted(len(curve.metrics), 'seed')})"
        for curve in curves
    ]
    if columns:
        texts = [textwrap.fill(text, _NARROW_KEY) for text in texts]
    else:
        columns = 1 if max(map(len, texts)) > _WIDE_KEY else min(3, len(texts))
    keys = [
        Line2D([], [], label=text, **curve.line._asdict())
        for curve, text in zip(curves, texts, strict=True)
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=columns)


def _title(dataset, curves: list[Curve]):
    best = max(curves, key=lambda curve: curve.final.mean)
    title = f"{dataset}: {best.label}"
    if len(curves) > 1:
        title += " ends highest"
    if any(len(curve.metrics) > 1 for curve in curves):
        title += "; bands are one standard deviation over seeds"
    return title
