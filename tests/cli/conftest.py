"""Runs the commands as a user does, and checks how they fail."""

import contextlib
import dataclasses
import importlib
import json
import os
import pathlib
import subprocess
import sys

import pytest

from tests import event_files, processes
from tests.processes import Ended
from xvat_tf.errors import UserError

TINY = (
    "--dataset=digits",
    "--method=xvat",
    "--hidden_sizes=16",
    "--batch_size=10",
    "--ul_batch_size=20",
    "--num_epochs=12",
    "--num_iter_per_epoch=25",
    "--eval_freq=1",
    "--log_freq=10",
    "--panel_freq=4",
)


class Commands:
    """Starts commands with a folder of their own as the current one."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder

    def run(self, command, *flags, **options) -> Ended:
        """Runs to the end."""
        return self.start(command, *flags, **options).end()

    def start(self, command, *flags, **options) -> processes.Process:
        """Starts a command; for `options` see `processes.Process`."""
        return processes.start((command, *flags), self.folder, **options)

    def fresh(self, command, *flags, environment=None) -> Ended:
        """Runs in a new interpreter, as a shell would start it."""
        ended = subprocess.run(
            [sys.executable, "-m", f"xvat_tf.{command}", *flags],
            cwd=self.folder,
            env=os.environ | processes.ENVIRONMENT | (environment or {}),
            capture_output=True,
            text=True,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def refused(self, command, *flags) -> str:
        """The error of a command that is called in this process."""
        module = importlib.import_module(f"xvat_tf.{command}")
        with contextlib.chdir(self.folder), pytest.raises(UserError) as refused:
            module.main(list(flags))
        return str(refused.value)

    def here(self, command, *flags) -> Ended:
        """Runs to the end in this process."""
        return processes.run_here((command, *flags), self.folder)

    def called(self, command, *flags) -> Ended:
        """A command that succeeds, in this process."""
        ended = self.here(command, *flags)
        assert ended.status == 0, ended.err
        return ended


@pytest.fixture
def precision():
    """What a run sets for its whole process."""
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.config import disable_op_determinism

    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    keras.backend.clear_session()
    tf.config.experimental.enable_tensor_float_32_execution(True)
    disable_op_determinism()


@pytest.fixture(scope="session")
def commands_in():
    """Makes commands whose current folder is the one given."""
    return Commands


@pytest.fixture
def commands(tmp_path):
    return Commands(tmp_path)


@pytest.fixture(scope="session")
def tiny():
    """Flags of a run of 300 steps that takes seconds."""
    return TINY


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run: its folder, the command, what it printed."""

    folder: pathlib.Path
    flags: tuple[str, ...]
    ended: Ended


@pytest.fixture(scope="session")
def trained(made_once):
    """The tiny run, finished. Read only: copy it to change it."""

    def flags(home):
        return (*TINY, f"--log_dir={home / 'run'}")

    def train(home):
        ended = Commands(home).called("train", *flags(home))
        (home / "ended.json").write_text(json.dumps(vars(ended)))

    home = made_once("trained", train)
    ended = Ended(**json.loads((home / "ended.json").read_text()))
    return Trained(home / "run", flags(home), ended)


_SMALL = {
    "digits": ("--hidden_sizes=8", "--batch_size=10", "--ul_batch_size=20"),
    "moons": ("--ul_batch_size=20",),
}
# Of 12 steps each, with a snapshot after every epoch.
SHORT = (
    "--num_epochs=3",
    "--num_iter_per_epoch=4",
    "--eval_freq=1",
    "--panel_freq=0",
)
_RUNS = {
    "digits-mle": (),
    "digits-vat": ("--num_power_iterations=2",),
    "digits-xvat": (),
    "digits-xvat-2": ("--seed=2",),
    "moons-mle": (),
    "moons-vat": (),
    "moons-xvat": (),
}


def small_flags(name):
    """Of a small run, whose name is `dataset-method...`; but its folder."""
    dataset, method, *_ = name.split("-")
    given = (f"--dataset={dataset}", f"--method={method}")
    return (*given, *_SMALL[dataset], *SHORT, "--snapshot_epochs=1")


def train_small(name, folder, *more):
    """Trains a small run in this process."""
    from xvat_tf import train

    flags = (*small_flags(name), *more, f"--log_dir={folder / name}")
    assert train.main(list(flags)) == 0


@pytest.fixture(scope="session")
def runs(made_once):
    """A folder of small runs with snapshots. Read only: copy to change."""

    def train(folder):
        for name, more in _RUNS.items():
            train_small(name, folder, *more)

    return made_once("runs", train)


@pytest.fixture(scope="session")
def contents():
    """Reads a folder: bytes of every file by relative path."""

    def read(folder):
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return read


@pytest.fixture(scope="session")
def scalars():
    """Reads TensorBoard files: points (step, value) by scalar tag."""

    def read(folder):
        points = event_files.read(folder)["scalars"]
        return {
            tag: [(step, float(value)) for step, value in series]
            for tag, series in points.items()
        }

    return read
