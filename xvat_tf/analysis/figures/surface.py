"""Fig. 7: accuracy over lambda and eta."""

import dataclasses

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run
from xvat_tf.errors import UserError

_FREE = ("seed", "dataset_seed", "lambda_l0", "eta")


@dataclasses.dataclass(frozen=True, eq=False)
class Surface:
    """Mean final accuracy over the seeds, by lambda and eta.

    Attributes:
        lambdas: Ascending, `(m,)`.
        etas: Ascending, `(n,)`.
        accuracy: In [0, 1], `(m, n)`; NaN where there is no finished run.
        seeds: Finished runs of each cell, `(m, n)`.
    """

    lambdas: list[float]
    etas: list[float]
    accuracy: np.ndarray
    seeds: np.ndarray


def surface(results: list[tuple[float, float, float]]) -> Surface:
    """Arranges (lambda, eta, accuracy) of finished runs."""
    lambdas = sorted({row[0] for row in results})
    etas = sorted({row[1] for row in results})
    shape = (len(lambdas), len(etas))
    total, seeds = np.zeros(shape), np.zeros(shape, int)
    for lambda_l0, eta, accuracy in results:
        cell = lambdas.index(lambda_l0), etas.index(eta)
        total[cell] += accuracy
        seeds[cell] += 1
    mean = np.where(seeds > 0, total / np.maximum(seeds, 1), np.nan)
    return Surface(lambdas, etas, mean, seeds)


def draw(runs: list[Run], output: Output, missing: Missing) -> None:
    """Draws a heat map with the numbers in it.

    `missing` gets runs that are not finished or of a method without masks, and
    cells without a run.

    Raises:
        UserError: Fewer than two cells are left, or the runs differ in more
            than lambda_l0, eta and seeds.
    """
    usable = [run for run in runs if _is_usable(run, missing)]
    found = surface(list(map(_result, usable)))
    if found.accuracy.size < 2:
        raise UserError(
            f"{found.accuracy.size} of --runs' cells can be drawn: give"
            " finished runs of two values of lambda_l0 or eta, or make them"
            " with --sweep=FOLDER."
        )
    _require_alike(usable)
    for i, j in np.argwhere(np.isnan(found.accuracy)):
        missing.add(
            f"figure 7, lambda_l0={found.lambdas[i]:g} eta={found.etas[j]:g}",
            "no finished run: its cell is left white.",
        )
    figure = _heat_map(found, usable[0])
    output.save(figure, f"figure7-{usable[0].dataset}")


def _result(run):
    method, results = run.settings.method, run.folder.finished_results()
    return method.lambda_l0, method.eta, results["final_accuracy"]


def _is_usable(run, missing):
    part = f"figure 7, {run.folder.path}"
    with missing.unless_drawn(part):
        if not run.settings.method.uses_mask:
            raise UserError(
                f"trained with {run.method}: only masks have a lambda: give"
                " runs of xat or xvat."
            )
        if run.folder.finished_results() is None:
            raise UserError(
                "not finished: run the command that trained it again."
            )
        return True
    return False


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


def _heat_map(found: Surface, run: Run):
    percent = 100 * found.accuracy
    figure = style.new_figure(
        (1.1 * len(found.etas) + 3, 0.8 * len(found.lambdas) + 1.9)
    )
    panel = figure.subplots()
    shown = panel.imshow(
        percent, cmap=style.SEQUENTIAL, aspect="auto", origin="lower"
    )
    middle = (np.nanmin(percent) + np.nanmax(percent)) / 2
    for (i, j), value in np.ndenumerate(percent):
        color = "black" if value > middle or np.isnan(value) else "white"
        text = "–" if np.isnan(value) else f"{value:.1f}"
        panel.text(j, i, text, ha="center", va="center", color=color)
    panel.set_xticks(range(len(found.etas)), [f"{e:g}" for e in found.etas])
    panel.set_yticks(
        range(len(found.lambdas)), [f"{v:g}" for v in found.lambdas]
    )
    panel.set_xlabel("η, weight of the perturbed term")
    panel.set_ylabel("λ, weight of the expected L0 norm")
    on = run.settings.data.evaluated_on
    figure.colorbar(shown, label=f"{on} accuracy, %")
    figure.suptitle(_title(found, run, percent))
    return figure


def _title(found, run, percent):
    seeds = found.seeds[found.seeds > 0]
    low, high = seeds.min(), seeds.max()
    counted = f"{low}" if low == high else f"{low} to {high}"
    steps = run.settings.train.num_steps
    return (
        f"{run.settings.method.label} on {run.dataset}:"
        f" {np.nanmin(percent):.1f} to {np.nanmax(percent):.1f} % over λ"
        " and η\n"
        f"{steps:,} steps, {counted} seed{'' if high == 1 else 's'} a cell"
    )
