"""Trains a grid of lambda and eta, each cell a run folder of its own.

A cell is the train command in a process of its own: what has been trained is
kept, whatever happens to the rest.
"""

import contextlib
import dataclasses
import math
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping

from xvat_tf.analysis.missing import Missing
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder, read_metrics
from xvat_tf.settings import Settings, resolve, to_values
from xvat_tf.signals import Caught

_TRIAL_STEPS = 40
_TRIAL = (
    "--num_epochs=1",
    f"--num_iter_per_epoch={_TRIAL_STEPS}",
    "--log_freq=5",
)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One run of the grid."""

    settings: Settings
    folder: RunFolder

    @property
    def name(self) -> str:
        return self.folder.path.name

    @property
    def accuracy(self) -> float | None:
        """Final accuracy in [0, 1], None until the run is finished."""
        results = self.folder.finished_results()
        return None if results is None else results["final_accuracy"]


def cells(
    folder: pathlib.Path,
    given: Mapping,
    lambdas: list[float],
    etas: list[float],
) -> list[Cell]:
    """The grid, lambda by lambda.

    Args:
        folder: Gets a run folder `lambda_<lambda>_eta_<eta>` for each.
        given: Settings of every cell, as `settings.resolve` takes them.
        lambdas: Values of lambda_l0.
        etas: Values of eta.

    Raises:
        UserError: A setting is impossible, or a folder holds another run.
    """
    grid = [(value, eta) for value in lambdas for eta in etas]
    made = []
    for value, eta in dict.fromkeys(grid):
        path = folder / f"lambda_{value:g}_eta_{eta:g}"
        own = {"lambda_l0": value, "eta": eta, "log_dir": str(path)}
        made.append(Cell(resolve({**given, **own}), RunFolder(path)))
    _require_own_names(made)
    for cell in made:
        if cell.folder.settings_file.exists():
            cell.folder.open(cell.settings)
    return made


def _require_own_names(made):
    names = [cell.name for cell in made]
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"--sweep would train {name} twice: give values that differ in"
                " their first 6 digits."
            )


class Sweep:
    """Runs cells one after another; Ctrl-C and SIGTERM stop and save.

    Use as a context manager around its methods.
    """

    def __init__(self):
        self.received = None
        self._child = None
        self._caught = Caught(self._receive)

    def __enter__(self):
        self._caught.install()
        return self

    def __exit__(self, *exception):
        self._caught.restore()

    def estimate(self, pending: list[Cell]) -> str:
        """How long cells will take, by a step's time on this machine.

        Where no cell has an evaluation yet, a few steps of the first are
        trained elsewhere.

        Args:
            pending: Cells to train, at least one.

        Raises:
            UserError: What training says.
        """
        started, per_step = 0.0, _seconds_per_step(pending)
        if per_step is None:
            started, per_step = self._trial(pending[0])
        steps = pending[0].settings.train.num_steps
        minutes = len(pending) * (started + steps * per_step) / 60
        return (
            f"{len(pending)} cells of {steps:,} steps, {1000 * per_step:.0f} ms"
            f" each here: about {math.ceil(minutes)} min"
        )

    def _trial(self, cell):
        """Seconds until training starts, and seconds per step."""
        with tempfile.TemporaryDirectory(prefix="xvat_tf-") as folder:
            trial = RunFolder(pathlib.Path(folder) / "trial")
            begun = time.monotonic()
            self._train(cell.settings, trial, _TRIAL)
            whole = time.monotonic() - begun
            per_step = _seconds_per_step([Cell(cell.settings, trial)]) or 0.0
        return max(whole - _TRIAL_STEPS * per_step, 0.0), per_step

    def run(self, pending: list[Cell], missing: Missing) -> Iterator[Cell]:
        """Trains cells, yielding each when it is done.

        Args:
            pending: Cells to train, or to continue.
            missing: Gets those that failed.
        """
        for cell in pending:
            if self.received:
                return
            with missing.unless_drawn(f"cell {cell.name}"):
                self._train(cell.settings, cell.folder, ())
                if not self.received:
                    yield cell

    def _train(self, settings, folder, more):
        """The train command; its one line on stderr becomes a UserError."""
        words = [sys.executable, "-m", "xvat_tf.train", *flags(settings)]
        # Apart from the terminal: Ctrl-C reaches it through `_receive` only.
        self._child = subprocess.Popen(
            [*words, f"--log_dir={folder.path}", *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        _, error = self._child.communicate()
        if self._child.returncode and not self.received:
            lines = error.strip().splitlines() or ["it ended without a word"]
            raise UserError(lines[-1].removeprefix("error: "))

    def _receive(self, number, frame):
        self.received = number
        with contextlib.suppress(ProcessLookupError):
            if self._child is not None:
                # A child of a background job ignores SIGINT until it trains.
                self._child.terminate()


def flags(settings: Settings) -> list[str]:
    """Every setting but the run folder as a flag of the train command."""
    return [
        f"--{name}={_text(value)}"
        for name, value in to_values(settings).items()
        if name != "log_dir"
    ]


def _text(value):
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seconds_per_step(cells):
    """Of the newest evaluation of any cell; None before the first."""
    lines = [read_metrics(cell.folder)[-1:] for cell in cells]
    found = [line[0]["seconds_per_step"] for line in lines if line]
    return found[-1] if found else None
