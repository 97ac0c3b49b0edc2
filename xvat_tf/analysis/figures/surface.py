"""Fig. 7: accuracy over lambda and eta."""

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run
from xvat_tf.errors import UserError

_FREE = ("seed", "dataset_seed", "lambda_l0", "eta")


def surface(results: list[tuple[float, float, float]]) -> tuple:
    """Arranges (lambda, eta, accuracy) of finished runs.

    Gives lambdas and etas, ascending; mean accuracy over the seeds and number
    of runs of each cell, `(lambdas, etas)`, NaN and 0 where there is none.
    """
    lambdas = sorted({row[0] for row in results})
    etas = sorted({row[1] for row in results})
    shape = (len(lambdas), len(etas))
    total, seeds = np.zeros(shape), np.zeros(shape, int)
    for lambda_l0, eta, accuracy in results:
        cell = lambdas.index(lambda_l0), etas.index(eta)
        total[cell] += accuracy
        seeds[cell] += 1
    mean = np.where(seeds > 0, total / np.maximum(seeds, 1), np.nan)
    return lambdas, etas, mean, seeds


def draw(runs: list[Run], output: Output, missing: Missing) -> None:
    """Draws a heat map with the numbers in it, of at least two cells.

    `missing` gets runs that are not finished or of a method without masks, and
    cells without a run. A UserError says that the runs differ in more than
    lambda_l0, eta and seeds.
    """
    usable, results = [], []
    for run in runs:
        with missing.unless_drawn(f"figure 7, {run.folder.path}"):
            results.append(_result(run))
            usable.append(run)
    lambdas, etas, accuracy, seeds = surface(results)
    if accuracy.size < 2:
        raise UserError(
            f"{accuracy.size} of --runs' cells can be drawn: give"
            " finished runs of two values of lambda_l0 or eta, or make them"
            " with --sweep=FOLDER."
        )
    _require_alike(usable)
    for i, j in np.argwhere(seeds == 0):
        missing.add(
            f"figure 7, lambda_l0={lambdas[i]:g} eta={etas[j]:g}",
            "no finished run: its cell is left white.",
        )
    figure = _heat_map(lambdas, etas, 100 * accuracy, usable[0])
    figure.suptitle(_title(usable[0], 100 * accuracy, seeds[seeds > 0]))
    output.save(figure, f"figure7-{usable[0].dataset}")


def _result(run):
    method, results = run.settings.method, run.folder.finished_results()
    if not method.uses_mask:
        raise UserError(
            f"trained with {run.method}: only masks have a lambda: give"
            " runs of xat or xvat."
        )
    if results is None:
        raise UserError("not finished: run the command that trained it again.")
    return method.lambda_l0, method.eta, results["final_accuracy"]


def _require_alike(runs):
    first = runs[0].values(_FREE)
    for run in runs[1:]:
        other = run.values(_FREE)
        names = [n for n in first | other if first.get(n) != other.get(n)]
        if names:
            raise UserError(
                f"{runs[0].folder.path} and {run.folder.path} differ in"
                f" {', '.join(names)}: give runs that differ in lambda_l0,"
                " eta and seeds only."
            )


def _heat_map(lambdas, etas, percent, run):
    figure = style.new_figure((1.1 * len(etas) + 3, 0.8 * len(lambdas) + 1.9))
    panel = figure.subplots()
    shown = panel.imshow(
        percent, cmap=style.SEQUENTIAL, aspect="auto", origin="lower"
    )
    middle = (np.nanmin(percent) + np.nanmax(percent)) / 2
    for (i, j), value in np.ndenumerate(percent):
        color = "black" if value > middle or np.isnan(value) else "white"
        text = "–" if np.isnan(value) else f"{value:.1f}"
        panel.text(j, i, text, ha="center", va="center", color=color)
    panel.set_xticks(range(len(etas)), [f"{eta:g}" for eta in etas])
    panel.set_yticks(range(len(lambdas)), [f"{v:g}" for v in lambdas])
    panel.set_xlabel("η, weight of the perturbed term")
    panel.set_ylabel("λ, weight of the expected L0 norm")
    on = run.settings.data.evaluated_on
    figure.colorbar(shown, label=f"{on} accuracy, %")
    return figure


def _title(run, percent, seeds):
    low, high = seeds.min(), seeds.max()
    counted = f"{low}" if low == high else f"{low} to {high}"
    steps = run.settings.train.num_steps
    return (
        f"{run.settings.method.label} on {run.dataset}:"
        f" {np.nanmin(percent):.1f} to {np.nanmax(percent):.1f} % over λ"
        " and η\n"
        f"{steps:,} steps, {counted} seed{'' if high == 1 else 's'} a cell"
    )
