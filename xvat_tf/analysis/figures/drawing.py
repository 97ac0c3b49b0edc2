"""Which figures are drawn of which runs, and by which module.

Each module has `draw(groups, output, missing)`. It draws the first run of each
group unless it says otherwise, and raises a UserError where it draws nothing.
"""

import contextlib
import importlib

from xvat_tf import machine
from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run, group
from xvat_tf.datasets import find_dataset

# The modules are imported when they are needed: some need TensorFlow.
WITHOUT_RUNS = "3"
MODULES = {
    WITHOUT_RUNS: "xvat_tf.analysis.figures.reach",
    "4": "xvat_tf.analysis.figures.boundary_figures",
    "5a": "xvat_tf.analysis.figures.mask_evolution",
    "5b": "xvat_tf.analysis.figures.contrast",
    "6": "xvat_tf.analysis.figures.weight_histograms",
    "7": "xvat_tf.analysis.figures.surface",
    "curves": "xvat_tf.analysis.figures.curves",
}
_WITHOUT_NETWORKS = {WITHOUT_RUNS, "7", "curves"}
_OF_POINTS = ("4", "5a", "6", "curves")
_OF_IMAGES = ("5a", "5b", "6", "curves")


def draw(
    runs: list[Run],
    wanted: list[str],
    near_zero: float,
    output: Output,
    missing: Missing,
) -> None:
    """Draws figures of runs; without any, only `WITHOUT_RUNS`, if wanted.

    Those wanted are keys of `MODULES`; none are those that the data set has,
    but for 7, which needs a grid of runs. A weight of figure 6 is near zero
    below `near_zero`. `missing` gets what cannot be drawn. A UserError says
    that the runs are of several data sets.
    """
    groups = group(runs)
    if not runs:
        wanted = [name for name in wanted if name == WITHOUT_RUNS]
    elif not wanted:
        points = find_dataset(runs[0].dataset).is_planar
        wanted = _OF_POINTS if points else _OF_IMAGES
    with style.applied(), contextlib.ExitStack() as stack:
        if not _WITHOUT_NETWORKS.issuperset(wanted):
            stack.enter_context(machine.prepare(runs[0].settings.train))
        for name in dict.fromkeys(wanted):
            title = name if name == "curves" else f"figure {name}"
            with missing.unless_drawn(title):
                module = importlib.import_module(MODULES[name])
                extra = (near_zero,) if name == "6" else ()
                of = runs if name == "7" else groups
                module.draw(of, output, missing, *extra)
