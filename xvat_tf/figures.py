"""Draws figures from run folders: `python -m xvat_tf.figures --runs=...`."""

import dataclasses
import functools
import pathlib
import sys

from xvat_tf import command_line
from xvat_tf.analysis.figures import drawing
from xvat_tf.analysis.figures.output import FORMATS, Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import read, read_all
from xvat_tf.command_line.options import DATA_PLACES, RUNS
from xvat_tf.command_line.output import require_not_owned
from xvat_tf.errors import UserError
from xvat_tf.methods import METHODS, find_method
from xvat_tf.option import Option

_USAGE = """\
usage: python -m xvat_tf.figures --runs=FOLDER,'PATTERN',... [--figure=4,6]
       python -m xvat_tf.figures --sweep=FOLDER [flags of train]
       python -m xvat_tf.figures --figure=3

Draws the paper's figures from run folders and prints the files it wrote.
Figure 3, what perturbations can reach, needs no run. What cannot be drawn is
named on stderr, and the rest is drawn; the exit status is 2 only if nothing
was.

With --sweep it first trains a run for every pair of lambda_l0 and eta, each in
a process and a run folder of its own in FOLDER, and evaluates on held-out
images. The same command continues, and does not repeat finished runs. All flags
of python -m xvat_tf.train are accepted."""

_OPTIONS = {
    "runs": dataclasses.replace(RUNS, needed=""),
    "figure": Option(
        list,
        None,
        "Figures to draw: those of the paper, or training curves.",
        choices=tuple(drawing.MODULES),
        shown="all that the data set has, except 3 and 7",
    ),
    "out": Option(str, "figures", "Folder of the pictures.", path=True),
    "format": Option(
        str, "png", "File format of the pictures.", choices=FORMATS
    ),
    "near_zero": Option(
        float, 0.01, "Figure 6: what is near zero is below this.", above=0
    ),
}
_VALUES = (0.1, 0.3, 1.0, 3.0)
_SWEEP = {
    "sweep": Option(
        str,
        None,
        "Folder for the run folders; draws figure 7. A run is xvat on mnist"
        " for 3 epochs, unless flags of train say otherwise.",
        path=True,
    ),
    "jobs": Option(int, 1, "Runs to train at the same time.", at_least=1),
    "lambda_l0_values": Option(
        tuple, _VALUES, "Values of lambda_l0.", of=float
    ),
    "eta_values": Option(tuple, _VALUES, "Values of eta.", of=float),
}
_GRID = ("lambda_l0", "eta")
# The settings of a run, where the user gives no other.
_SWEPT = {
    "dataset": "mnist",
    "method": "xvat",
    "validation": True,
    "num_epochs": 3,
}


def main(argv: list[str]) -> int:
    """Runs the command.

    Exit status: 0, 2 if nothing was drawn, 128 + signal for a sweep that was
    stopped.
    """
    groups = {"figures": _OPTIONS, "sweep": _SWEEP}
    line = command_line.CommandLine(_USAGE, groups, lists_settings=False)
    given = line.parse(argv)
    asked = set(given)
    options = command_line.take(given, _OPTIONS | _SWEEP)
    _check(asked, options["figure"])
    require_not_owned("out", options["out"])
    output = Output(pathlib.Path(options["out"]), options["format"])
    missing = Missing()
    if "sweep" in asked:
        if stopped := _sweep(options, given, output, missing):
            return stopped
    else:
        runs = read_all(options["runs"] or [], given, missing)
        wanted = options["figure"] or []
        drawing.draw(runs, wanted, options["near_zero"], output, missing)
    for text in missing.lines:
        print(f"missing: {text}", file=sys.stderr)
    for path in output.written:
        print(path)
    if not output.written:
        raise UserError("nothing was drawn; the lines above say why.")
    return 0


def _check(asked, wanted):
    """Runs or a sweep, which share places and looks only."""
    needs_none = wanted == [drawing.WITHOUT_RUNS] and "sweep" not in asked
    if ("runs" in asked) == ("sweep" in asked) and not needs_none:
        raise UserError(
            "give --runs=FOLDER,... to draw runs, or --sweep=FOLDER to train"
            " and draw a grid; one of the two. Only --figure=3 needs neither."
        )
    mode, alien = "runs", asked - {*_OPTIONS, *DATA_PLACES}
    if "sweep" in asked:
        mode = "sweep"
        alien = asked & {"figure", "near_zero", "log_dir", *_GRID}
    for name in sorted(alien):
        raise UserError(
            f"--{name} does not go with --{mode}: leave it out."
            + (f" See --{name}_values." if name in _GRID else "")
        )


def _sweep(options, settings, output, missing) -> int:
    """Trains the grid and draws it; 128 + signal if it was stopped, else 0."""
    from xvat_tf.reproduction import overview, runs, work

    planned = _planned(options, _SWEPT | settings)
    found = {run: runs.read_state(run) for run in planned}
    jobs = options["jobs"]
    print(overview.describe(found, jobs), flush=True)
    stopped = work.train(found, jobs)
    if stopped:
        print("stopped; the same command continues.", file=sys.stderr)
        return 128 + stopped
    for run, state in found.items():
        if state.reason:
            missing.add(run.name, state.reason)
    done = [r.folder.path for r in found if found[r].kind == runs.FINISHED]
    if done:
        swept = list(map(read, done))
        drawing.draw(swept, ["7"], options["near_zero"], output, missing)
    return 0


def _planned(options, settings):
    from xvat_tf.reproduction import sweep

    method = settings["method"]
    if not find_method(method).uses_mask:
        masking = [name for name, m in METHODS.items() if m.uses_mask]
        raise UserError(
            f"--method={method} has no masks and no lambda: choose one of"
            f" {', '.join(masking)}."
        )
    grid = [options[f"{name}_values"] for name in _GRID]
    return sweep.planned(pathlib.Path(options["sweep"]), settings, *grid)


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
