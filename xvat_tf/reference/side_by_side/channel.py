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
from collections.abc import Callable
from typing import Any

import numpy as np

_STATUS = pathlib.Path("/proc/self/status")
_RESET = pathlib.Path("/proc/self/clear_refs")


def serve(build: Callable[[dict], Any]) -> None:
    """Answers `build`, `measure`, `step` and `memory` until the pipe closes.

    What is built of the request has a `device`, `"cpu"` or `"cuda"`;
    `measure()`, what is compared of the first batch, arrays by name; and
    `step(number)`, a training step: its seconds and its loss.

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
