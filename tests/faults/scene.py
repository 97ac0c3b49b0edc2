"""Where a fault happens: a folder, a run in it, and what it should become."""

import contextlib
import pathlib
import random
import shutil

from tests import processes, run_folders
from tests.processes import Ended, Process

STEPS = 60
# Saves after every step, so that many moments are moments of saving.
FLAGS = (
    "--dataset=digits",
    "--method=xvat",
    "--hidden_sizes=16",
    "--batch_size=10",
    "--ul_batch_size=20",
    f"--num_epochs={STEPS // 5}",
    "--num_iter_per_epoch=5",
    "--eval_freq=1",
    "--log_freq=5",
    "--panel_freq=0",
    "--checkpoint_steps=1",
    "--log_dir=run",
)


class Scene:
    """A folder of its own, and `run`, the run folder in it.

    Args:
        folder: Current folder of the commands; empty.
        undisturbed: Run folder of the same flags, finished without a fault.
        halfway: Run folder of the same flags, killed in the middle.
        seed: Makes the moments of faults.
        stops: How often a run is stopped.
        closing: What is undone at the end, such as mounts.

    Attributes:
        run: The run folder; need not exist.
        random: Draws the moments.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        undisturbed: pathlib.Path,
        halfway: pathlib.Path,
        seed: int,
        stops: int,
        closing: contextlib.ExitStack,
    ):
        self.folder, self.run = folder, folder / "run"
        self.random, self.closing = random.Random(seed), closing
        self.stops = stops
        self.undisturbed, self._halfway = undisturbed, halfway

    def start(self, *more: str, first=None) -> Process:
        """Starts training; flags in `more` win."""
        words = ("train", *FLAGS, *more)
        command = processes.start(words, self.folder, first)
        self.closing.callback(command.kill)
        return command

    def paused(self, *more: str, steps: int | None) -> Process:
        """Training that has paused after so many more steps.

        None: before the first step, in its locked folder.
        """
        after = steps and self.step() + steps
        command = self.start(*more, first=processes.pausing(after))
        command.wait_for_pause()
        return command

    def train_here(self, *more: str) -> Ended:
        """Trains to the end in this process, which takes half of the time."""
        words = ("train", *FLAGS, *more)
        return processes.run_here(words, self.folder)

    def command(self, *words: str) -> Ended:
        """Runs any command to its end."""
        return processes.start(words, self.folder).end()

    def begin(self) -> None:
        """Makes `run` one that was killed in the middle."""
        shutil.copytree(self._halfway, self.run)

    def finish(self) -> None:
        """Makes `run` one that is finished."""
        shutil.copytree(self.undisturbed, self.run)

    def checkpoints(self) -> list[pathlib.Path]:
        """Checkpoint files, newest first."""
        return run_folders.checkpoints(self.run)

    def step(self) -> int:
        """Step of the newest checkpoint, 0 without one."""
        return run_folders.newest_step(self.run)

    def files(self) -> dict[str, bytes]:
        """Content of every file by its path in the run folder; no lock."""
        return {
            str(path.relative_to(self.run)): path.read_bytes()
            for path in sorted(self.run.rglob("*"))
            if path.is_file() and path.name != "lock"
        }

    def at_a_moment(self, command: Process) -> None:
        """Waits for a random number of further saves, then a little."""
        target = self.step() + self.random.randint(1, 6)
        command.wait_until(lambda: self.step() >= target)
        command.wait(self.random.uniform(0, 0.05))


def left_nothing(scene: Scene) -> None:
    """The next command finds no run."""
    assert not scene.run.exists()


def finishes_with_the_same_bits(scene: Scene) -> None:
    """The same command again ends as if nothing had happened."""
    ended = scene.train_here()
    assert ended.status == 0, ended.err
    has_the_same_bits(scene)


def has_the_same_bits(scene: Scene) -> None:
    """Checkpoint, metrics and curves are those of an undisturbed run."""
    run_folders.assert_same(scene.run, scene.undisturbed)
