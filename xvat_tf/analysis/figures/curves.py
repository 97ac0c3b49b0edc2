"""The numbers of training curves: mean and deviation over seeds."""

import dataclasses

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group, Run
from xvat_tf.errors import UserError
from xvat_tf.files.tables import Spread, spread
from xvat_tf.records import read_metrics
from xvat_tf.records.tags import (
    ACCURACY,
    AVERAGED_ACCURACY,
    AVERAGED_CROSS_ENTROPY,
    CROSS_ENTROPY,
)

_AVERAGED = {ACCURACY: AVERAGED_ACCURACY, CROSS_ENTROPY: AVERAGED_CROSS_ENTROPY}


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


@dataclasses.dataclass(frozen=True)
class Curve:
    """A group's line, and the metrics of each of its runs that has any."""

    label: str
    line: style.Line
    metrics: list[list[dict]]

    def band(self, part: str, tag: str) -> Band:
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


def read_curves(groups: list[Group], missing: Missing) -> list[Curve]:
    """Reads the metrics of all runs: a curve for each group that has any.

    `missing` gets runs without evaluations or not finished, and seeds that some
    groups have and others lack.
    """
    _name_missing_seeds(groups, missing)
    curves = [
        Curve(group.label, line, _metrics(group, missing))
        for group, line in zip(groups, style.lines(groups), strict=True)
    ]
    return [curve for curve in curves if curve.metrics]


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
            found.append([evaluated(run, line) for line in lines])
            if run.folder.finished_results() is None:
                missing.add(
                    f"curves, {group.label}",
                    f"{run.folder.path} is not finished: its curve ends at"
                    f" epoch {lines[-1]['epoch']}.",
                )
    return found


def evaluated(run: Run, line: dict) -> dict:
    """A line of metrics of the weights that the method is evaluated with."""
    if run.settings.method.weights != "averaged":
        return line
    test = line["test"]
    return line | {"test": test | {n: test[a] for n, a in _AVERAGED.items()}}


def final(metrics: list[list[dict]]) -> Spread:
    """Mean and deviation over seeds of the last test accuracy, in percent."""
    return spread(100 * lines[-1]["test"][ACCURACY] for lines in metrics)
