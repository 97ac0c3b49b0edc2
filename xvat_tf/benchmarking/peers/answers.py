"""The child's answers about a reference program.

Runs under whichever Python the program needs: standard library only.
"""

import pathlib
import re
import resource
import sys
from collections.abc import Callable
from typing import Protocol

from xvat_tf.reference.side_by_side import channel

_STATUS = pathlib.Path("/proc/self/status")


class Program(Protocol):
    """A reference program, built and ready to step."""

    device: str

    def step(self) -> tuple[float, float]:
        """One training step: its seconds and its loss."""

    def checksums(self) -> dict[str, float]:
        """Sums of magnitudes by part."""


def serve(build: Callable[[dict], Program]) -> None:
    """Answers `build`, `step`, `checksums` and `memory`.

    Args:
        build: Builds the program that the request describes.
    """
    programs = []

    def first(request):
        programs.append(build(request))
        return {"device": programs[0].device}

    def step(_):
        return dict(zip(("seconds", "loss"), programs[0].step(), strict=True))

    channel.serve(
        {
            "build": first,
            "step": step,
            "checksums": lambda _: programs[0].checksums(),
            "memory": lambda _: {"bytes": peak_memory()},
        }
    )


def peak_memory() -> int:
    """Most bytes of this program in memory so far.

    On Linux `ru_maxrss` starts at the memory of the process that forked this
    one, here a TensorFlow that trains; the high-water mark of the address
    space starts with the program.
    """
    if _STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
        if found:
            return 1024 * int(found[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
