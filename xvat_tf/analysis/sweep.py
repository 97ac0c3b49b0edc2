"""Trains a grid of lambda and eta, each cell a run folder of its own.

A cell is the train command in a process of its own: what has been trained is
kept, whatever happens to the rest.
"""

import contextlib
import dataclasses
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping

from xvat_tf.analysis.missing import Missing
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.settings import Settings, resolve, to_values

_TRIAL_STEPS = 40
_TRIAL_WINDOW = 5


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
    for cell in made:
        if cell.folder.settings_file.exists():
            cell.folder.open(cell.settings)
    return made


class Sweep:
    """Runs cells one after another; Ctrl-C and SIGTERM stop and save.

    Use as a context manager around its methods.
    """

    def __init__(self):
        self.received = None
        self._child = None
        self._previous = {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def estimate(self, cell: Cell, count: int) -> str:
        """Trains a few steps of a cell elsewhere; time of `count` cells.

        Raises:
            UserError: What training says.
        """
        with tempfile.TemporaryDirectory(prefix="xvat_tf-") as folder:
            trial = RunFolder(pathlib.Path(folder) / "trial")
            started = time.monotonic()
            self._train(cell.settings, trial, _trial_flags())
            if self.received:
                return ""
            whole = time.monotonic() - started
            results = trial.finished_results()
        per_step = results["median_seconds_per_step"]
        train = cell.settings.train
        steps = train.num_epochs * train.num_iter_per_epoch
        seconds = max(whole - _TRIAL_STEPS * per_step, 0) + steps * per_step
        return (
            f"{count} cells of {steps:,} steps, {1000 * per_step:.0f} ms each"
            f" here: about {count * seconds / 60:.0f} min"
        )

    def run(self, pending: list[Cell], missing: Missing) -> Iterator[Cell]:
        """Trains cells, yielding each when it is done.

        Args:
            pending: Cells to train, or to continue.
            missing: Gets those that failed.
        """
        for cell in pending:
            with missing.unless_drawn(f"cell {cell.name}"):
                self._train(cell.settings, cell.folder, ())
                if self.received:
                    return
                yield cell

    def _train(self, settings, folder, more):
        """The train command; its one line on stderr becomes a UserError."""
        words = [sys.executable, "-m", "xvat_tf.train", *_flags(settings)]
        # A session of its own: Ctrl-C reaches it through `_receive` only.
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
                self._child.send_signal(number)


def _flags(settings: Settings) -> list[str]:
    """Every setting as a flag of the train command, places included."""
    return [
        f"--{name}={_text(value)}"
        for name, value in to_values(settings).items()
        if name != "log_dir"
    ]


def _text(value):
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _trial_flags():
    return (
        "--num_epochs=1",
        f"--num_iter_per_epoch={_TRIAL_STEPS}",
        f"--log_freq={_TRIAL_WINDOW}",
    )
