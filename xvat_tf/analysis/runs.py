"""Run folders as the figures see them: read, grouped by method and seed."""

import dataclasses
import glob
import os
import pathlib
from collections.abc import Mapping
from types import MappingProxyType

from xvat_tf.analysis.missing import Missing
from xvat_tf.command_line.runs import settings_here
from xvat_tf.errors import UserError
from xvat_tf.methods import METHODS
from xvat_tf.records import RunFolder
from xvat_tf.settings import PLACES, Settings, TrainSettings, to_values

SEEDS = ("seed", "dataset_seed")


@dataclasses.dataclass(frozen=True)
class Run:
    """One run folder and its settings.

    Runs that were read together share the data that were read last.
    """

    folder: RunFolder
    settings: Settings
    data_sha256: str = ""
    shared: dict = dataclasses.field(default_factory=dict, compare=False)

    @property
    def method(self) -> str:
        return self.settings.method.name

    @property
    def dataset(self) -> str:
        return self.settings.data.dataset

    @property
    def seeds(self) -> tuple[int, int]:
        """Seed of the run and seed of its split."""
        return self.settings.train.seed, self.settings.data.dataset_seed

    def epoch(self, step: int) -> float:
        """Epochs done after `step` steps."""
        return step / self.settings.train.num_iter_per_epoch

    def values(self, without: tuple[str, ...]) -> dict:
        """Settings that make runs alike, by name, but for `without`."""
        left_out = {*PLACES, *without}
        found = {
            name: value
            for name, value in to_values(self.settings).items()
            if name not in left_out
        }
        for place in self.settings.data.own_files.values():
            found["data"] = self.data_sha256[:12] or place
        return found


@dataclasses.dataclass(frozen=True)
class Group:
    """Runs that differ in their seeds only, ordered by seed; at least one.

    The label is the method, and the settings that tell it from groups of the
    same method.
    """

    label: str
    runs: tuple[Run, ...]

    @property
    def first(self) -> Run:
        """The run of the lowest seed, which stands for the group."""
        return self.runs[0]


def find(patterns: list[str], missing: Missing) -> list[pathlib.Path]:
    """Folders that paths or glob patterns name, each once, in order.

    What exists is a path, whatever signs are in its name. `missing` gets a line
    for each pattern that matches nothing.
    """
    found = {}
    for pattern in patterns:
        there = os.path.exists(pattern)
        paths = [pattern] if there else sorted(glob.glob(pattern))
        if not paths:
            why = "there is nothing of that name: give run folders."
            missing.add(f"--runs={pattern}", why)
        for path in map(pathlib.Path, paths):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def read_all(
    patterns: list[str],
    given: Mapping,
    missing: Missing,
    what: str = "run ",
) -> list[Run]:
    """Reads what `find` finds, see `read`.

    `missing` gets a line, `what` and the path first, for each that cannot be
    had.
    """
    runs, shared = [], {}
    for path in find(patterns, missing):
        with missing.unless_drawn(f"{what}{path}"):
            run = read(path, given)
            runs.append(dataclasses.replace(run, shared=shared))
    return runs


def read(path: pathlib.Path, given: Mapping = MappingProxyType({})) -> Run:
    """Reads a run folder for drawing: on any device, in single precision.

    Among what is given is where its data lie now, by setting. A UserError says
    that it is no run folder, damaged, or of another version.
    """
    folder = RunFolder(path)
    if not folder.settings_file.exists():
        raise UserError(
            "not a run folder (it has no settings.json): give a folder that"
            " training printed."
        )
    settings = settings_here(folder, {**given, "device": TrainSettings.device})
    train = dataclasses.replace(settings.train, dtype=TrainSettings.dtype)
    settings = dataclasses.replace(settings, train=train)
    sha256 = folder.read_settings_record().get("data_sha256", "")
    return Run(folder, settings, sha256)


def group(runs: list[Run]) -> list[Group]:
    """Groups runs that differ in their seeds only, in the order of methods.

    A UserError says that they are of several data sets.
    """
    datasets = sorted({run.dataset for run in runs})
    if len(datasets) > 1:
        raise UserError(
            f"--runs are of several data sets ({', '.join(datasets)}): give"
            " those of one."
        )
    alike = {}
    for run in sorted(runs, key=lambda run: run.seeds):
        key = repr(sorted(run.values(SEEDS).items()))
        alike.setdefault(key, []).append(run)
    order = list(METHODS)
    members = sorted(
        alike.values(), key=lambda runs: order.index(runs[0].method)
    )
    return [
        Group(_label(runs[0], [other[0] for other in members]), tuple(runs))
        for runs in members
    ]


def _label(run, others):
    """The method, and what tells the run from others of its method."""
    mine = run.values(SEEDS)
    rivals = [
        other.values(SEEDS) for other in others if other.method == run.method
    ]
    telling = [
        f"{name}={value}"
        for name, value in mine.items()
        if any(rival.get(name) != value for rival in rivals)
    ]
    return ", ".join([run.settings.method.label, *telling])
