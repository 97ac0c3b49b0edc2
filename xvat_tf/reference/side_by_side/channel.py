"""The child's end of the pipe: one JSON line asks, one answers.

Runs under whichever Python the reference program needs: standard library
and NumPy only.
"""

import json
import os
import pathlib
import re
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

_STATUS = pathlib.Path("/proc/self/status")
_RESET = pathlib.Path("/proc/self/clear_refs")


class Program(Protocol):
    """A reference program, built: it measures and takes steps.

    Attributes:
        device: `"cpu"` or `"cuda"`, where it computes.
    """

    device: str

    def measure(self) -> Mapping[str, np.ndarray]:
        """What is compared of the first batch, by name."""

    def step(self, number: int) -> tuple[float, float]:
        """The training step of that number: its seconds and its loss."""


def serve(build: Callable[[dict], Program]) -> None:
    """Answers `build`, `measure`, `step` and `memory` until the pipe closes.

    What a reference program prints goes to stderr, so that stdout carries
    answers only.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    program = build(json.loads(sys.stdin.readline()))
    print(json.dumps({"device": program.device}), file=out, flush=True)
    for line in sys.stdin:
        answer = _answer(program, json.loads(line))
        print(json.dumps(answer), file=out, flush=True)


def _answer(program, request):
    if request["ask"] == "measure":
        np.savez(request["outputs"], **program.measure())
        return {}
    if request["ask"] == "step":
        found = program.step(request["number"])
        return dict(zip(("seconds", "loss"), found, strict=True))
    return {"bytes": peak_memory()}


def reset_peak_memory() -> None:
    """Lets the peak start from what is held now, where Linux permits it."""
    try:
        _RESET.write_text("5")
    except OSError:
        return


def peak_memory() -> int:
    """Most bytes held since the last reset, or since the program began.

    On Linux `ru_maxrss` starts at the memory of the process that forked this
    one, which may be a TensorFlow that trains; the high-water mark of the
    address space starts with the program.
    """
    if _STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
        if found:
            return 1024 * int(found[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
