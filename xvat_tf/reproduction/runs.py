"""Runs that are to be trained, and how far each has come.

What is known of a run is in its folder and in the log beside it, so that
any process can tell, whoever trained it.
"""

import dataclasses
import pathlib

from xvat_tf.command_line import CommandLine
from xvat_tf.command_line.runs import completed
from xvat_tf.errors import UserError
from xvat_tf.files import opened
from xvat_tf.records import RunFolder, read_metrics
from xvat_tf.records.checkpoint_files import newest_step
from xvat_tf.records.tags import ACCURACY
from xvat_tf.reproduction.cells import Cell
from xvat_tf.settings import Settings, differences, resolve

FINISHED = "finished"
RUNNING = "running"
INTERRUPTED = "interrupted"  # Stopped by a signal, and saved.
RESUMABLE = "resumable"  # Begun, and ended without a word, as by a kill.
MISSING = "missing"
FAILED = "failed"
DIVERGED = "diverged"
CHANGED = "settings changed"
KINDS = (
    *(FINISHED, RUNNING, INTERRUPTED, RESUMABLE),
    *(MISSING, FAILED, DIVERGED, CHANGED),
)
# Training again would end in the same way.
ENDED = (FINISHED, DIVERGED, CHANGED)

ERROR = "error: "
_TAIL = 4096


@dataclasses.dataclass(frozen=True)
class Places:
    """Folders of a command: of runs, of results and tables, of flagfiles.

    `data` holds the data sets; it and `panel_freq`, epochs between panels, are
    left to the flagfiles where they are None.
    """

    runs: pathlib.Path
    results: pathlib.Path
    flags: pathlib.Path
    data: str | None = None
    panel_freq: int | None = None


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """One training command: its flags, and what they resolve to.

    The name begins a line about it; the kind, its flagfile without .flags or
    its grid, is that of others that take as long a step.
    """

    name: str
    kind: str
    flags: tuple[str, ...]
    settings: Settings
    folder: RunFolder

    @property
    def log_file(self) -> pathlib.Path:
        """What the command printed, beside its folder."""
        return self.folder.path.parent / f"{self.folder.path.name}.log"


def planned(
    cells: list[Cell], seeds: list[int], places: Places
) -> list[PlannedRun]:
    """Plans the runs of cells, flagfile by flagfile; raises as `plan`."""
    names = dict.fromkeys(flagfile_name(cell) for cell in cells)
    names.pop("", None)
    return [plan(name, seed, places) for name in names for seed in seeds]


def flagfile_name(cell: Cell) -> str:
    """Names `mnist_vat` of `mnist_vat` and of `flags/mnist_vat.flags`."""
    return pathlib.PurePath(cell.flagfile).name.removesuffix(".flags")


def plan(flagfile: str, seed: int, places: Places) -> PlannedRun:
    """Plans one run of a flagfile, of a seed that is that of its split too.

    A UserError says that the flagfile is missing or wrong.
    """
    path = places.runs / flagfile / f"seed{seed}"
    given = {"data_dir": places.data, "panel_freq": places.panel_freq}
    flags = (
        f"--flagfile={places.flags / flagfile}.flags",
        f"--seed={seed}",
        f"--dataset_seed={seed}",
        f"--log_dir={path}",
        *(f"--{name}={v}" for name, v in given.items() if v is not None),
    )
    try:
        settings = resolve(completed(CommandLine("").parse(list(flags)))[0])
    except UserError as error:
        raise UserError(f"{flagfile}.flags, seed {seed}: {error}") from None
    name = f"{flagfile} seed {seed}"
    return PlannedRun(name, flagfile, flags, settings, RunFolder(path))


@dataclasses.dataclass(frozen=True)
class State:
    """Where a run is: one of `KINDS`, and steps done as the folder tells.

    The accuracy is that of the newest evaluation, in percent; the pace wall
    seconds per step, evaluations included; the reason why it failed, diverged,
    or is not continued.
    """

    kind: str
    step: int = 0
    accuracy: float | None = None
    pace: float | None = None
    reason: str = ""


def read_state(run: PlannedRun) -> State:
    """Reads the state of a run that no process of ours trains."""
    said = last_line(run.log_file)
    reason = said.removeprefix(ERROR) if said.startswith(ERROR) else ""
    try:
        return _read(run, reason)
    except UserError as error:
        return State(FAILED, reason=str(error))


def read_progress(run: PlannedRun) -> State:
    """Reads the state of a run that is being trained."""
    try:
        return _with_progress(run, RUNNING, "")
    except UserError:  # The command itself says what is wrong.
        return State(RUNNING)


def _read(run, reason):
    folder = run.folder
    if not folder.settings_file.exists():
        return State(FAILED if reason else MISSING, reason=reason)
    changed = differences(run.settings, folder.read_settings())
    if changed:
        return State(
            CHANGED,
            reason=f"{folder.path} was trained with other settings"
            f" ({'; '.join(changed)}): move it away to train it again.",
        )
    results = folder.results() or {"status": RESUMABLE}
    kind = results["status"]
    if kind not in (FINISHED, DIVERGED):
        kind = FAILED if reason else kind
    return _with_progress(run, kind, "" if kind == FINISHED else reason)


def _with_progress(run, kind, reason):
    lines = read_metrics(run.folder)
    step = newest_step(run.folder)
    if not lines:
        return State(kind, step, reason=reason)
    last = lines[-1]
    return State(
        kind,
        max(step, last["step"]),
        100 * last["test"][ACCURACY],
        last["seconds"] / last["step"],
        reason,
    )


def last_line(path: pathlib.Path) -> str:
    """Reads the last line of a log with something in it; empty without."""
    try:
        with opened(path) as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
