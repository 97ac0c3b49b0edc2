"""What a fault is: a row of the table in docs/notes/reliability.md."""

import dataclasses
from collections.abc import Callable


def _possible() -> str:
    return ""


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that goes wrong, what is seen of it, and what it costs.

    Args:
        name: What goes wrong, for the table.
        happen: Brings it about in a `Scene`; returns the `Ended` command
            that met it.
        line: Regular expression of the last line on stderr, whole; empty for
            nothing at all on stderr.
        status: Exit status, negative for the signal that killed the command.
        after: Checks what is left in the `Scene`: that the same command
            finishes with the bits of an undisturbed run, or that what was
            there is untouched. Returns one or the other in words.
        lines: Lines on stderr, the last one among them.
        quick: How often it happens in the suite.
        full: How often with `--full`.
        obstacle: Says why it cannot be produced on this machine; empty text
            if it can.
    """

    name: str
    happen: Callable
    line: str
    status: int
    after: Callable
    lines: int = 1
    quick: int = 1
    full: int = 1
    obstacle: Callable[[], str] = _possible


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of the table.

    Args:
        name: The fault.
        tried: How often it happened.
        seen: The last line that the user saw.
        status: Exit status.
        outcome: What became of the run.
    """

    name: str
    tried: int
    seen: str
    status: str
    outcome: str

    def markdown(self) -> str:
        seen = f"`{self.seen}`" if self.seen else "nothing"
        cells = self.name, self.tried, seen, self.status, self.outcome
        escaped = (str(cell).replace("|", "\\|") for cell in cells)
        return f"| {' | '.join(escaped)} |"
