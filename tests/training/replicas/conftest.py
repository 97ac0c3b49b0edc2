"""Processes that take steps together, started once for all tests here."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

_ROOT = pathlib.Path(__file__).parents[3]
_PROGRAM = "tests.training.replicas.program"
_LONGEST_SECONDS = 300


class Started:
    """Programs that run at the same time."""

    def __init__(self):
        self._running = []

    def start(self, request, task=None):
        """Starts one; `task` is its TF_CONFIG."""
        environment = os.environ | {
            "PYTHONPATH": str(_ROOT),
            "CUDA_VISIBLE_DEVICES": "-1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_NUM_INTRAOP_THREADS": "1",
        }
        if task is not None:
            environment["TF_CONFIG"] = json.dumps(task)
        process = subprocess.Popen(
            [sys.executable, "-m", _PROGRAM, json.dumps(request)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append((process, request["out"]))

    def arrays(self) -> list[dict]:
        """What each of them dumped."""
        try:
            found = []
            for process, out in self._running:
                said, _ = process.communicate(timeout=_LONGEST_SECONDS)
                assert process.returncode == 0, said
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
    """Two loopback addresses that nobody listens at."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{s.getsockname()[1]}" for s in (one, other)]
