"""Trains and renders the paper's tables: `python -m xvat_tf.reproduce`."""

import functools
import math
import pathlib
import sys

from xvat_tf import command_line
from xvat_tf.command_line import flagfiles
from xvat_tf.command_line.options import DATA_DIR, setting
from xvat_tf.errors import UserError, note
from xvat_tf.files import read_text, require_writable
from xvat_tf.option import Option
from xvat_tf.reproduction.cells import LIMITS, TABLES, choose, known

_USAGE = """\
usage: python -m xvat_tf.reproduce --table=1 [flags]
       python -m xvat_tf.reproduce --table=3 --benchmark_json=FILE

Trains every run of one of the paper's tables, each in a process and a folder of
its own, collects the results, and renders the table as Markdown, CSV and LaTeX,
next to the paper's numbers. --table=augmentation is not in the paper: it is
table 1 with augmented images. Ctrl-C saves all runs; the same command
continues, and does not repeat finished runs. If a run fails, the others go on,
and the exit status is 1."""

_WHAT = {
    "table": Option(str, None, f"Table to reproduce: {', '.join(TABLES)}."),
    **{
        flag: Option(list, (), "Only these.", choices=known(flag), shown="all")
        for flag in LIMITS
    },
    "seeds": Option(
        tuple, (1, 2, 3), "Seeds of the runs, and of their splits.", at_least=0
    ),
    "jobs": Option(int, 1, "Runs to train at the same time.", at_least=1),
    "minutes": Option(
        float, None, "Save and stop after so many.", above=0, shown="no limit"
    ),
    "panel_freq": setting(
        "panel_freq", default=None, shown="that of the flagfile"
    ),
    "render": Option(bool, False, "Train nothing; render what there is."),
}
_WHERE = {
    "runs_dir": Option(
        str, "runs/reproduce", "Folder for the run folders.", path=True
    ),
    "results_dir": Option(
        str, "results", "Folder for results and tables.", path=True
    ),
    "flags_dir": Option(
        str,
        str(flagfiles.folder()),
        "Folder of the flagfiles.",
        shown="this project's",
        path=True,
    ),
    "data_dir": DATA_DIR,
    "benchmark_json": Option(
        str, None, "For table 3: what benchmark --json wrote.", path=True
    ),
}


def main(argv: list[str]) -> int:
    """Runs the command.

    Exit status: 0, 1 if a run is not finished, 128 + signal if it was stopped.
    """
    groups = {"what": _WHAT, "where": _WHERE}
    values = command_line.parse_own(argv, _USAGE, groups)
    if values["table"] is None:
        raise UserError(f"give --table=N, one of {', '.join(TABLES)}.")
    measured = values["benchmark_json"] is not None
    if values["table"] == "3" and (measured or values["render"]):
        return _render_times(values)
    if measured or values["table"] == "3":
        raise UserError(
            "--table=3 and --benchmark_json=FILE belong together: give both,"
            " --table=3 --render, or another table."
        )
    return _reproduce(values)


def _render_times(values):
    from xvat_tf.reproduction import times

    results = pathlib.Path(values["results_dir"])
    require_writable("results_dir", results)
    if values["benchmark_json"] is not None:
        times.keep(pathlib.Path(values["benchmark_json"]), results)
    _show(times.write_times(results))
    return 0


def _reproduce(values):
    from xvat_tf.reproduction import overview, runs, tables, work

    cells = choose(values["table"], {flag: values[flag] for flag in LIMITS})
    folders = (values[f"{name}_dir"] for name in ("runs", "results", "flags"))
    shown = values["data_dir"], values["panel_freq"]
    places = runs.Places(*map(pathlib.Path, folders), *shown)
    planned = runs.planned(cells, list(dict.fromkeys(values["seeds"])), places)
    require_writable("results_dir", places.results)
    found = {run: runs.read_state(run) for run in planned}
    stopped = None
    if values["render"]:
        there = {r: s for r, s in found.items() if s.kind != runs.MISSING}
        print("\n".join(overview.lines(there)))
    else:
        print(overview.describe(found, values["jobs"]), flush=True)
        require_writable("runs_dir", places.runs)
        minutes, jobs = values["minutes"] or math.inf, values["jobs"]
        stopped = work.train(found, jobs, 60 * minutes)
    errors = _collect(found, places.results)
    if values["render"] and not any(places.results.glob("runs/*/*/")):
        note(
            f"{places.results / 'runs'} holds no runs: the table has the"
            " paper's numbers only. Leave out --render to train, or give"
            " --results_dir=FOLDER."
        )
    _show(tables.write_accuracies(values["table"], places))
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    if stopped:
        print("stopped and saved; the same command continues.", file=sys.stderr)
        return 128 + stopped
    done = all(state.kind == runs.FINISHED for state in found.values())
    return int(bool(errors) or not (done or values["render"]))


def _collect(found, results):
    """Keeps what the runs showed; returns a line for each with an error."""
    from xvat_tf.reproduction import collection

    errors = [f"{r.name}: {s.reason}" for r, s in found.items() if s.reason]
    for run, state in found.items():
        try:
            collection.collect(run, state, results)
        except UserError as error:
            errors.append(f"{run.name}: {error}")
    return list(dict.fromkeys(errors))


def _show(files):
    print(f"\n{read_text(files[0])}")
    print(f"written: {', '.join(map(str, files))}")


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
