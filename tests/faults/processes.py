"""Commands in processes of their own that need not import TensorFlow again.

Each is a fork of a server that has imported it and done nothing with it: what
the command does, which signals and limits it meets, is as in a shell, in a
tenth of the time.
"""

import dataclasses
import functools
import importlib
import itertools
import multiprocessing
import os
import pathlib
import sys
import time
import unittest.mock
from collections.abc import Callable
from multiprocessing import forkserver

_ROOT = pathlib.Path(__file__).parents[2]
_LONGEST_SECONDS = 300
_NUMBERS = itertools.count()
# One thread on the CPU, so that equal runs are equal bit for bit.
_ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "TF_NUM_INTRAOP_THREADS": "1"}


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a command ended; a negative status is the signal that killed it."""

    status: int
    err: str

    @property
    def last_line(self) -> str:
        """Last line on stderr, empty if nothing was written."""
        return (self.err.strip().splitlines() or [""])[-1]


class Command:
    """A command that has started.

    Args:
        words: Name of the command, then its flags.
        folder: Its current folder.
        first: Called in the new process before the command.
    """

    def __init__(self, words, folder: pathlib.Path, first: Callable | None):
        output = folder / f"output-{next(_NUMBERS)}"
        self._err = output.with_suffix(".err")
        self._process = _server().Process(
            target=_in_child, args=(words, folder, output, first)
        )
        self._process.start()

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def send(self, number: int) -> None:
        """Sends a signal; nothing if the command has just ended."""
        if self.running:
            os.kill(self._process.pid, number)

    def end(self) -> Ended:
        """Waits for the end."""
        self._process.join(_LONGEST_SECONDS)
        if self.running:
            self._process.kill()
            raise AssertionError("it does not end")
        err = self._err.read_text() if self._err.exists() else ""
        return Ended(self._process.exitcode, err)

    def wait(self, seconds: float) -> None:
        """Returns after `seconds`, or when the command has ended."""
        self._process.join(seconds)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Returns once `condition` holds or the command has ended."""
        end = time.monotonic() + _LONGEST_SECONDS
        while self.running and not condition():
            assert time.monotonic() < end, "nothing happens"
            time.sleep(0.002)


@functools.cache
def _server():
    """The processes fork from here."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.imported_once"])
    with unittest.mock.patch.dict(os.environ, PYTHONPATH=str(_ROOT)):
        forkserver.ensure_running()
    return context


def _in_child(words, folder, output, first):
    os.chdir(folder)
    os.environ |= _ENVIRONMENT
    for suffix, number in ((".out", 1), (".err", 2)):
        path = output.with_suffix(suffix)
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    if first is not None:
        first()
    command, *sys.argv[1:] = words
    module = importlib.import_module(f"xvat_tf.{command}")
    importlib.import_module("xvat_tf.command_line").run(module.main)
