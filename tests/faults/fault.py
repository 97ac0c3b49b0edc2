"""What a fault is: a row of the table in docs/notes/reliability.md."""

import dataclasses
import re
from collections.abc import Callable

from tests.processes import Ended

# All that could steer a terminal, but for what the progress bar needs.
_CODES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]")


def _nothing(*_) -> str:
    return ""


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that goes wrong, what is seen of it, and what it costs.

    Args:
        name: What goes wrong, as in the table.
        happen: Brings it about in a `Scene`, with moments, places and values
            of its `random`; returns the `Ended` commands that met it.
        line: Regular expression of the last line on stderr, whole; empty for
            nothing at all. None for any line, if the status is 2, or none.
        status: Exit status, negative for the signal that killed the command.
        after: Checks what is left in the `Scene`.
        lines: Lines on stderr, the last one among them.
        quick: How often it happens in the suite.
        full: How often with `--full`.
        obstacle: Says why it cannot be produced on this machine, or "".
    """

    name: str
    happen: Callable
    line: str | None = None
    status: int = 0
    after: Callable = _nothing
    lines: int = 1
    quick: int = 1
    full: int = 1
    obstacle: Callable[[], str] = _nothing

    def check(self, ended: Ended) -> None:
        """No traceback; what was said is what should be said."""
        said = ended.out + ended.err
        assert "Traceback" not in said, said
        if self.line is None:
            assert ended.status in (0, 1, 2), (ended.status, ended.err)
            assert not _CODES.search(said), ascii(said)
            refused = ended.last_line.startswith("error: ")
            assert refused or ended.status != 2, ended.err
            return
        assert ended.status == self.status, ended.err
        assert re.fullmatch(self.line, ended.last_line), ended.err
        if ended.last_line.startswith(("error:", "note:")):
            assert ended.err.count("\n") == self.lines, ended.err
