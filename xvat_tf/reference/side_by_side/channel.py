"""The child's end of the pipe: one JSON line asks, one answers.

Runs under whichever Python the reference program needs: standard library
and NumPy only.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from xvat_tf.reference.side_by_side.memory import peak_memory


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
