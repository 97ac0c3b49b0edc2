"""Processes that take steps together, started once for all tests here."""

import functools
import json

import numpy as np
import pytest

from tests import processes
from tests.training.replicas import program


class Started:
    """Programs that run at the same time, in a folder."""

    def __init__(self, folder):
        self._folder, self._running = folder, []

    def start(self, request, task=None):
        """Starts one; `task` is its TF_CONFIG."""
        environment = {} if task is None else {"TF_CONFIG": json.dumps(task)}
        process = processes.Process(
            functools.partial(program.main, request), self._folder, environment
        )
        self._running.append((process, request["out"]))

    def arrays(self) -> list[dict]:
        """What each of them dumped."""
        try:
            found = []
            for process, out in self._running:
                ended = process.end()
                assert ended.status == 0, ended.err
                with np.load(out) as file:
                    found.append({name: file[name] for name in file.files})
            return found
        finally:
            for process, _ in self._running:
                process.kill()


@pytest.fixture(scope="session")
def started():
    """Makes an empty group of programs."""
    return Started


@pytest.fixture(scope="session")
def free_addresses():
    """Two loopback addresses that nobody else listens at."""
    with processes.reserved_addresses(2) as addresses:
        yield addresses
