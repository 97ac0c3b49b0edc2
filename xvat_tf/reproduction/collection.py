"""What is kept of runs: settings, evaluations, results; no weights.

A collected run is a run folder without its large files, and without paths of
the machine it was trained on.
"""

import dataclasses
import pathlib
import re
import sys

from xvat_tf.errors import UserError
from xvat_tf.files import as_json, not_written, write_json, write_text
from xvat_tf.records import (
    RunFolder,
    evaluated_with,
    read_metrics,
    summarize,
)
from xvat_tf.reproduction import runs
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.runs import Places, PlannedRun, State
from xvat_tf.settings import Settings, differences

_PATHS = ("log_dir", "data_dir", "stream_dir")


def place(results: pathlib.Path, flagfile: str) -> pathlib.Path:
    """Where the runs of a flagfile are collected."""
    return results / "runs" / flagfile


def collect(run: PlannedRun, state: State, results: pathlib.Path) -> bool:
    """Copies what is kept of a run to `results/runs/<flagfile>/seed<seed>/`.

    A finished run that was collected before stays when the run folder here is
    not finished. Returns whether there was something to keep; raises a
    UserError.
    """
    begun = run.folder.settings_file.exists()
    if not begun or state.kind == runs.CHANGED:
        return False
    kept = RunFolder(place(results, run.kind) / run.folder.path.name)
    if state.kind != runs.FINISHED and _holds_finished(kept, run):
        return False
    record = run.folder.read_settings_record()
    for name in _PATHS:
        record["settings"][name] = ""
    lines = read_metrics(run.folder)
    try:
        kept.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(kept.path, error) from None
    text = "".join(as_json(line) + "\n" for line in lines)
    write_text(kept.metrics_file, text)
    kept.write_results(_results(run, state, lines))
    write_json(kept.settings_file, record)
    return True


def _holds_finished(kept, run):
    try:
        return kept.finished_results() is not None and not differences(
            run.settings, kept.read_settings()
        )
    except UserError:
        return False


def _results(run, state, lines):
    if state.kind == runs.FINISHED:
        return run.folder.finished_results()
    known = (runs.FAILED, runs.DIVERGED)
    status = state.kind if state.kind in known else runs.INTERRUPTED
    on = run.settings.data.evaluated_on
    return summarize(lines, status, on, state.step)


@dataclasses.dataclass(frozen=True)
class Collected:
    """A run as it was collected: its settings, its results.json.

    It is current if the flagfile still says these settings.
    """

    settings: Settings
    results: dict
    current: bool = True

    @property
    def kind(self) -> str:
        return self.results["status"] if self.current else runs.CHANGED

    def percent(self, name: str, evaluated_on: str) -> float | None:
        """An accuracy in percent; None if it is of other images.

        With the weights that the method is evaluated with.
        """
        found = evaluated_with(self.results, self.settings.method.weights)
        value = found.get(name)
        if value is None or self.results["evaluated_on"] != evaluated_on:
            return None
        return 100 * value


def read(cell: Cell, places: Places) -> list[Collected]:
    """Reads the collected runs of a cell, by seed.

    One that is damaged is named on stderr and left out.
    """
    name, found = runs.flagfile_name(cell), {}
    if not name:
        return []
    for path in place(places.results, name).glob("seed*"):
        if seed := re.fullmatch(r"seed(\d+)", path.name):
            try:
                found[int(seed[1])] = _read(path, name, int(seed[1]), places)
            except UserError as error:
                print(f"missing: {error}", file=sys.stderr)
    return [found[seed] for seed in sorted(found)]


def _read(path, flagfile, seed, places):
    folder = RunFolder(path)
    results = folder.results()
    if results is None:
        raise UserError(
            f"{folder.results_file} is missing or damaged: remove {path} and"
            " collect the run again."
        )
    settings = folder.read_settings()
    wanted = runs.plan(flagfile, seed, places).settings
    return Collected(settings, results, not differences(wanted, settings))
