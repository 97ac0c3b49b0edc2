"""Reads the runs that were collected."""

import dataclasses
import pathlib
import re

from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.reproduction import states
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.collection import place
from xvat_tf.reproduction.runs import Places, flagfile_name, plan
from xvat_tf.settings import Settings, differences

# What of results.json is read.
_READ = {
    "evaluated_on",
    "final_accuracy",
    "best_accuracy",
    "median_of_last_20_accuracy",
    "steps",
}


@dataclasses.dataclass(frozen=True)
class Collected:
    """A run as it was collected.

    Attributes:
        settings: Its settings.
        results: Content of its results.json.
        current: Whether the flagfile still says these settings.
    """

    settings: Settings
    results: dict
    current: bool = True

    @property
    def kind(self) -> str:
        return self.results["status"] if self.current else states.CHANGED

    def percent(self, name: str, evaluated_on: str) -> float | None:
        """An accuracy in percent; None if it is of other images."""
        value = self.results[name]
        if value is None or self.results["evaluated_on"] != evaluated_on:
            return None
        return 100 * value


def read(cell: Cell, places: Places) -> list[Collected]:
    """The collected runs of a cell, by seed.

    Raises:
        UserError: A file is damaged, or runs are there but no flagfile.
    """
    name = flagfile_name(cell)
    if not name:
        return []
    paths = {}
    for path in place(places.results, name).glob("seed*"):
        if found := re.fullmatch(r"seed(\d+)", path.name):
            paths[int(found[1])] = path
    return [_read(paths[s], name, s, places) for s in sorted(paths)]


def _read(path: pathlib.Path, flagfile, seed, places):
    folder = RunFolder(path)
    results = folder.results()
    if results is None or not results.keys() >= _READ:
        raise UserError(
            f"{folder.results_file} is missing or damaged: remove {path} and"
            " collect the run again."
        )
    settings = folder.read_settings()
    wanted = plan(flagfile, seed, places).settings
    return Collected(settings, results, not differences(wanted, settings))
