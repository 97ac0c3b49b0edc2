"""Memory that this process holds; standard library only."""

import pathlib
import re
import resource
import sys

_STATUS = pathlib.Path("/proc/self/status")
_RESET = pathlib.Path("/proc/self/clear_refs")


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
