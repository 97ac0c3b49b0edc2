"""A run of the tables: a cell, a seed, and what its flagfile resolves to."""

import dataclasses
import pathlib

from xvat_tf.command_line import CommandLine
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.reproduction.cells import Cell
from xvat_tf.settings import Settings, resolve


@dataclasses.dataclass(frozen=True)
class Places:
    """Folders of a command.

    Attributes:
        runs: Gets the run folders.
        results: Gets what is kept of them, and the tables.
        flags: Holds the flagfiles.
        data: Holds the data sets; None leaves it to the flagfiles.
    """

    runs: pathlib.Path
    results: pathlib.Path
    flags: pathlib.Path
    data: str | None = None


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """One training command.

    Attributes:
        flagfile: Name of the flagfile, without .flags.
        seed: Seed of the run and of its split.
        flags: Of the train command.
        settings: What they resolve to.
        folder: Its run folder.
    """

    flagfile: str
    seed: int
    flags: tuple[str, ...]
    settings: Settings
    folder: RunFolder

    @property
    def name(self) -> str:
        return f"{self.flagfile} seed {self.seed}"

    @property
    def log_file(self) -> pathlib.Path:
        """What the command printed, beside its folder."""
        return self.folder.path.parent / f"{self.folder.path.name}.log"


def planned(
    cells: list[Cell], seeds: list[int], places: Places
) -> list[PlannedRun]:
    """The runs of cells, flagfile by flagfile.

    Raises:
        UserError: A flagfile is missing or wrong.
    """
    names = dict.fromkeys(flagfile_name(cell) for cell in cells)
    names.pop("", None)
    return [plan(name, seed, places) for name in names for seed in seeds]


def flagfile_name(cell: Cell) -> str:
    """`mnist_vat` of `mnist_vat` and of `flags/mnist_vat.flags`."""
    return pathlib.PurePath(cell.flagfile).name.removesuffix(".flags")


def plan(flagfile: str, seed: int, places: Places) -> PlannedRun:
    """One run of a flagfile.

    Raises:
        UserError: The flagfile is missing or wrong.
    """
    path = places.runs / flagfile / f"seed{seed}"
    flags = (
        f"--flagfile={_flagfile_path(flagfile, places.flags)}",
        f"--seed={seed}",
        f"--dataset_seed={seed}",
        f"--log_dir={path}",
        *([] if places.data is None else [f"--data_dir={places.data}"]),
    )
    try:
        settings = resolve(CommandLine("").parse(list(flags)))
    except UserError as error:
        raise UserError(f"{flagfile}.flags, seed {seed}: {error}") from None
    return PlannedRun(flagfile, seed, flags, settings, RunFolder(path))


def _flagfile_path(flagfile, folder):
    if not folder.is_dir():
        raise UserError(
            f"--flags_dir={folder} is not a folder: give the one that holds"
            " the flagfiles, flags/ of the source distribution."
        )
    path = folder / f"{flagfile}.flags"
    if not path.is_file():
        raise UserError(
            f"--flags_dir={folder} has no {path.name}: give the folder that"
            " holds it, or leave its cell out."
        )
    return path
