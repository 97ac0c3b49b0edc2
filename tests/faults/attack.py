"""An attack: something of a stranger's, and that it costs one line at most."""

import collections
import dataclasses
import re
from collections.abc import Callable

from tests.faults.fault import Row
from tests.processes import Ended

# All that could steer a terminal, but for what the progress bar needs.
_CODES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]")


@dataclasses.dataclass(frozen=True)
class Attack:
    """Something of a stranger's that a command meets.

    Args:
        name: What is tried, for the table.
        attempt: Brings it about in a `Scene`, with moments, places and values
            of its `random`; returns what ended, which is looked at by `check`.
        outcome: What holds of all attempts, for the table.
        full: How often with `--full`.
        quick: How often in the suite.
    """

    name: str
    attempt: Callable
    outcome: str
    full: int
    quick: int = 1


def check(ended: Ended) -> None:
    """No traceback, no codes; what was refused was refused in a line."""
    said = ended.out + ended.err
    assert ended.status in (0, 1, 2), (ended.status, ended.err)
    assert "Traceback" not in said, said
    assert not _CODES.search(said), ascii(said)
    if ended.status == 2:
        assert ended.last_line.startswith("error: "), ended.err


def tried(attack: Attack, scenes) -> tuple[Row, list[str]]:
    """Attempts it in each scene; the row of the table, and the failures."""
    ends, failures = [], []
    for number, made in enumerate(scenes):
        with made as scene:
            try:
                found = attack.attempt(scene)
                ends += found
                for ended in found:
                    check(ended)
            except (AssertionError, Exception) as error:
                failures.append(f"seed {number}: {error!r:.2000}")
    lines = collections.Counter(e.last_line for e in ends if e.status == 2)
    statuses = collections.Counter(ended.status for ended in ends)
    row = Row(
        attack.name,
        len(ends),
        min(lines, key=len, default=""),
        ", ".join(f"{n} × {status}" for status, n in sorted(statuses.items())),
        f"{len(failures)} failed; {attack.outcome}",
    )
    return row, failures
