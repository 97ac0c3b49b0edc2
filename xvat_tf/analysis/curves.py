"""Training curves: mean over seeds, and a band of one standard deviation."""

import dataclasses

import numpy as np

from xvat_tf.analysis import style
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.errors import UserError
from xvat_tf.records import read_metrics
from xvat_tf.tags import ACCURACY, CROSS_ENTROPY, PERTURBED

# Part of a metrics line, tag, title, factor.
_PANELS = (
    ("test", ACCURACY, "accuracy, %", 100),
    ("test", CROSS_ENTROPY, "cross entropy, nats", 1),
    ("train", PERTURBED, "training perturbed term, nats", 1),
)
_WIDE_KEY = 32  # Characters; three keys of more do not fit side by side.


@dataclasses.dataclass(frozen=True, eq=False)
class Band:
    """A value over the epochs, of several seeds.

    Attributes:
        epochs: Those that every seed was evaluated at, `(t,)`.
        mean: `(t,)`.
        deviation: Sample standard deviation (n - 1), `(t,)`; None for one
            seed.
    """

    epochs: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray | None


def band(curves: list[dict[float, float]]) -> Band:
    """Mean and deviation of curves, value by epoch, one of each seed."""
    epochs = sorted(set.intersection(*map(set, curves)))
    values = np.array([[curve[epoch] for epoch in epochs] for curve in curves])
    deviation = values.std(axis=0, ddof=1) if len(curves) > 1 else None
    return Band(np.array(epochs), values.mean(axis=0), deviation)


def draw(groups: list[Group], output: style.Output, missing: Missing) -> None:
    """Draws accuracy and losses, a curve per group.

    Args:
        groups: The runs, all of which are drawn.
        output: Where to.
        missing: Gets runs without evaluations, and seeds that some groups
            have and others lack.
    """
    from matplotlib.figure import Figure

    _name_missing_seeds(groups, missing)
    drawn = []
    for group, line in zip(groups, style.lines(groups), strict=True):
        metrics = _metrics(group, missing)
        if metrics:
            drawn.append((group, line, metrics))
    if not drawn:
        return
    figure = Figure((10, 3.8), layout="constrained")
    for panel, (part, tag, title, factor) in zip(
        figure.subplots(1, len(_PANELS)), _PANELS, strict=True
    ):
        for _, line, metrics in drawn:
            _draw_curve(panel, line, metrics, part, tag, factor)
        on = groups[0].first.settings.data.evaluated_on
        panel.set_title(title if part == "train" else f"{on} {title}")
        panel.set_xlabel("epoch")
        panel.grid(alpha=0.3)
        _cut(panel, tag)
    dataset = groups[0].first.dataset
    keys = [_key(line, group.label, m) for group, line, m in drawn]
    wide = max(len(key.get_label()) for key in keys) > _WIDE_KEY
    columns = 1 if wide else min(3, len(keys))
    figure.legend(handles=keys, loc="outside lower center", ncols=columns)
    figure.suptitle(_title(dataset, drawn))
    output.save(figure, f"curves-{dataset}")


def _name_missing_seeds(groups, missing):
    seeds = {group.label: {run.seeds for run in group.runs} for group in groups}
    everywhere = set().union(*seeds.values())
    for label, there in seeds.items():
        lacking = sorted(seed for seed, _ in everywhere - there)
        if lacking:
            missing.add(
                f"curves, {label}",
                f"no run of --seed {', '.join(map(str, lacking))}, which other"
                " methods have: the band is of the seeds there are; train"
                " them, or leave the others out.",
            )


def _metrics(group, missing):
    """Lines of metrics.jsonl of each run that has any."""
    found = []
    for run in group.runs:
        with missing.unless_drawn(f"curves, {group.label}"):
            lines = read_metrics(run.folder)
            if not lines:
                raise UserError(
                    f"{run.folder.path} has no evaluation yet: train first,"
                    f" with --log_dir={run.folder.path}."
                )
            found.append(lines)
    return found


def _curve(lines, part, tag):
    """Value by epoch of one run."""
    return {
        line["epoch"]: line[part][tag]
        for line in lines
        if line[part].get(tag) is not None
    }


def _draw_curve(panel, line, metrics, part, tag, factor):
    curves = [_curve(lines, part, tag) for lines in metrics]
    found = band(curves)
    if not len(found.epochs):
        return  # The method has no such term.
    mean = factor * found.mean
    panel.plot(
        found.epochs,
        mean,
        color=line.color,
        linestyle=line.linestyle,
        marker=line.marker,
        markersize=4,
    )
    if found.deviation is not None:
        deviation = factor * found.deviation
        panel.fill_between(
            found.epochs,
            mean - deviation,
            mean + deviation,
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


def final(metrics: list[list[dict]]) -> tuple[float, float | None]:
    """Mean and deviation over seeds of the last test accuracy, in percent."""
    last = [100 * lines[-1]["test"][ACCURACY] for lines in metrics]
    deviation = float(np.std(last, ddof=1)) if len(last) > 1 else None
    return float(np.mean(last)), deviation


def _key(line, label, metrics):
    from matplotlib.lines import Line2D

    mean, deviation = final(metrics)
    spread = "" if deviation is None else f" ± {deviation:.1f}"
    seeds = "1 seed" if len(metrics) == 1 else f"{len(metrics)} seeds"
    return Line2D(
        [],
        [],
        color=line.color,
        linestyle=line.linestyle,
        marker=line.marker,
        label=f"{label}: {mean:.1f}{spread} % ({seeds})",
    )


def _title(dataset, drawn):
    best = max(drawn, key=lambda entry: final(entry[2])[0])[0]
    bands = any(len(metrics) > 1 for *_, metrics in drawn)
    ends = f"{best.label} ends highest" if len(drawn) > 1 else best.label
    return f"{dataset}: {ends}" + (
        "; bands are one standard deviation over seeds" if bands else ""
    )
