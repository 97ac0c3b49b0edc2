"""Draws figures from run folders: `python -m xvat_tf.figures --runs=...`."""

import functools
import math
import pathlib
import sys

from xvat_tf import command_line
from xvat_tf.analysis import drawing, sweep
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.output import FORMATS, Output
from xvat_tf.analysis.runs import find, read
from xvat_tf.errors import UserError
from xvat_tf.settings import MASK_METHODS

_USAGE = """\
usage: python -m xvat_tf.figures --runs=FOLDER,'PATTERN',... [--figure=4,6]
       python -m xvat_tf.figures --sweep=FOLDER [flags of train]

Draws the paper's figures from run folders; the files it wrote are printed. A
part that cannot be drawn is named on stderr, the rest is drawn; the exit
status is 2 only if nothing was. With --sweep it first trains every pair of
lambda_l0 and eta, each in a run folder of its own in FOLDER, on held-out
images; the same command continues and trains no finished cell again."""

_OPTIONS = {
    "runs": (list, "Run folders or quoted patterns, comma-separated."),
    "figure": (
        list,
        "Any of 4, 5a, 5b, 6, 7, curves [those that the data set has, without"
        " 7].",
    ),
    "out": (str, "Folder of the pictures [figures]."),
    "format": (str, "png, pdf or svg [png]."),
    "near_zero": (float, "Figure 6: magnitude of a near-zero weight [0.01]."),
}
_SWEEP = {
    "sweep": (
        str,
        "Folder of the cells' run folders; draws figure 7. A cell is xvat on"
        " mnist for 3 epochs unless the flags of train say otherwise.",
    ),
    "lambda_l0_values": (list, "Values of lambda_l0 [0.1,0.3,1,3]."),
    "eta_values": (list, "Values of eta [0.1,0.3,1,3]."),
}
_DEFAULTS = {"out": "figures", "format": "png"}
_NEAR_ZERO = 0.01
_GRID = ("lambda_l0", "eta")
_VALUES = ["0.1", "0.3", "1", "3"]
# The settings of a cell, where the user gives no other.
_CELL = {
    "dataset": "mnist",
    "method": "xvat",
    "validation": True,
    "num_epochs": 3,
}


def main(argv: list[str]) -> int:
    """Runs the command.

    Args:
        argv: Arguments without the program's name.

    Returns:
        Exit status: 0, 2 if nothing was drawn, 128 + signal for a sweep that
        was stopped.

    Raises:
        UserError: Anything a user can mend.
    """
    given = _command_line().parse(argv)
    names = {*_OPTIONS, *_SWEEP}
    options = _DEFAULTS | {n: v for n, v in given.items() if n in names}
    settings = {n: v for n, v in given.items() if n not in names}
    _check(options, settings)
    output = Output(pathlib.Path(options["out"]), options["format"])
    missing = Missing()
    if "sweep" in options:
        stopped = _sweep(options, settings, output, missing)
        if stopped:
            return stopped
    else:
        _draw_runs(options, settings.get("data_dir"), output, missing)
    return _report(output, missing)


def _command_line():
    line = command_line.CommandLine(_USAGE)
    for title, options in (("figures", _OPTIONS), ("sweep", _SWEEP)):
        line.title(title)
        for name, (kind, text) in options.items():
            line.define(kind, name, None, text)
    return line


def _check(options, settings):
    if ("runs" in options) == ("sweep" in options):
        raise UserError(
            "give --runs=FOLDER,... to draw runs, or --sweep=FOLDER to train"
            " and draw a grid; one of the two."
        )
    if options["format"] not in FORMATS:
        raise UserError(
            f"--format={options['format']} is not known: choose one of"
            f" {', '.join(FORMATS)}."
        )
    if not 0 < options.get("near_zero", _NEAR_ZERO) < math.inf:
        raise UserError(f"--near_zero={options['near_zero']} must be above 0.")
    for name in options.get("figure", ()):
        if name not in drawing.MODULES:
            raise UserError(
                f"--figure={name} is not known: choose of"
                f" {', '.join(drawing.MODULES)}."
            )
    _refuse_others(options, settings)


def _refuse_others(options, settings):
    """The two modes share places and looks only."""
    if "sweep" in options:
        mode = "sweep"
        alien = [name for name in ("figure", "near_zero") if name in options]
        alien += [n for n in ("log_dir", "lambda_l0", "eta") if n in settings]
    else:
        mode = "runs"
        alien = [name for name in settings if name != "data_dir"]
        alien += [name for name in _SWEEP if name in options]
    if alien:
        raise UserError(
            f"--{alien[0]} does not go with --{mode}: leave it out."
            + (f" See --{alien[0]}_values." if alien[0] in _GRID else "")
        )


def _draw_runs(options, data_dir, output, missing):
    runs = []
    for path in find(options["runs"], missing):
        with missing.unless_drawn(f"run {path}"):
            runs.append(read(path, data_dir))
    if runs:
        near_zero = options.get("near_zero", _NEAR_ZERO)
        wanted = options.get("figure", [])
        drawing.draw(runs, wanted, near_zero, output, missing)


def _sweep(options, settings, output, missing) -> int:
    """Trains the grid and draws it; 128 + signal if it was stopped, else 0."""
    cells = _cells(options, _CELL | settings)
    stopped = _train(cells, missing)
    if stopped:
        print("stopped; the same command continues.", file=sys.stderr)
        return 128 + stopped
    done = [read(c.folder.path) for c in cells if c.accuracy is not None]
    if done:
        drawing.draw(done, ["7"], _NEAR_ZERO, output, missing)
    return 0


def _cells(options, settings):
    method = settings["method"]
    if method not in MASK_METHODS:
        raise UserError(
            f"--method={method} has no masks and no lambda: choose one of"
            f" {', '.join(MASK_METHODS)}."
        )
    grid = [
        _numbers(f"{name}_values", options.get(f"{name}_values", _VALUES))
        for name in _GRID
    ]
    return sweep.cells(pathlib.Path(options["sweep"]), settings, *grid)


def _train(cells, missing) -> int | None:
    """Trains the cells that are not finished; a signal that stopped it."""
    pending = [cell for cell in cells if cell.accuracy is None]
    print(f"{len(cells)} cells, {len(cells) - len(pending)} of them finished")
    if not pending:
        return None
    with sweep.Sweep() as runner:
        estimate = runner.estimate(pending)
        if not runner.received:
            print(estimate, flush=True)
        for cell in runner.run(pending, missing):
            print(f"{cell.name:<32} {100 * cell.accuracy:.2f} %", flush=True)
        return runner.received


def _numbers(flag, texts):
    try:
        return [float(text) for text in texts]
    except ValueError:
        raise UserError(
            f"--{flag}={','.join(texts)} must be numbers, such as 0.3,1,3."
        ) from None


def _report(output, missing):
    for line in missing.lines:
        print(f"missing: {line}", file=sys.stderr)
    for path in output.written:
        print(path)
    if not output.written:
        raise UserError("nothing was drawn; the lines above say why.")
    return 0


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
