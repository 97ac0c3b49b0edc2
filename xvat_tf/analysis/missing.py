"""What could not be drawn, one line each, while the rest is."""

import contextlib
from collections.abc import Iterator

from xvat_tf.errors import UserError


class Missing:
    """Lines of what is left out: `<part>: <what is wrong and what to do>`."""

    def __init__(self):
        self.lines = []

    @contextlib.contextmanager
    def unless_drawn(self, part: str) -> Iterator[None]:
        """A block that draws `part`; a UserError in it becomes a line."""
        try:
            yield
        except UserError as error:
            self.add(part, str(error))

    def add(self, part: str, why: str) -> None:
        """Adds a line, once."""
        line = f"{part}: {why}"
        if line not in self.lines:
            self.lines.append(line)
