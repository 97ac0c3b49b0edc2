"""What is known of one flag, written where it is declared."""

import dataclasses
import math
import numbers
import operator
import os
import sys
from collections.abc import Collection
from typing import Any

from xvat_tf.errors import UserError

_SAME = object()


_KINDS: dict[type, tuple[type, str]] = {
    str: (str, "text"),
    bool: (bool, "True or False"),
    int: (numbers.Integral, "an integer"),
    float: (numbers.Real, "a number"),
}
# The smallest float32 that is not denormal, the largest number (what overflows
# in a run is seen there), and what TensorFlow's integers hold.
_SMALLEST = 2.0**-126
_LARGEST = {numbers.Real: sys.float_info.max, numbers.Integral: 2**62}
# When a number holds each of its bounds.
_HOLD = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
}


@dataclasses.dataclass(frozen=True)
class Option:
    """A flag: of a run's settings, or of one command.

    Args:
        kind: Its type; list for texts with commas between, tuple for numbers.
        default: Its value where the user gives none.
        text: What `--help` says.
        choices: The only values it takes, or its parts; empty for any. A
            registry may grow.
        also: Form of other values that are taken, all with a colon.
        shown: What `--help` shows for the default.
        topic: Heading that it has in `--help`; empty for that of its group.
        above, at_least, below, at_most: Bounds of a number, or of each of
            several.
        only: Another option, or a property of the options, and the value of
            it without which this one does nothing; None if it always acts.
        place: Whether it says where a run lies, on what it runs, what it
            shows and keeps, not what it computes.
        path: Whether it is a file or folder: `~` is the home folder.
        of: Type of the numbers of a tuple.
        needed: What to give where a command has no value of it and needs one.
    """

    kind: type
    default: Any
    text: str
    choices: Collection[str] = ()
    shown: str = ""
    also: str = ""
    topic: str = ""
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    only: tuple[str, Any] | None = None
    place: bool = False
    path: bool = False
    of: type = int
    needed: str = ""

    @property
    def several(self) -> bool:
        """Whether it takes values with commas between."""
        return self.kind in (list, tuple)

    @property
    def part(self) -> type:
        """Type of its value, or of each of several."""
        if self.kind is list:
            return str
        return self.of if self.kind is tuple else self.kind

    def expanded(self, value):
        """A value with the home folder in the place of `~` in paths."""
        if not self.path or value is None:
            return value
        if isinstance(value, str):
            return os.path.expanduser(value)
        return [os.path.expanduser(part) for part in value]

    @property
    def known(self) -> tuple[str, ...]:
        """Its choices, and the form of other values that are taken."""
        return (*self.choices, *filter(None, [self.also]))

    def check(self, name: str, value) -> None:
        """Checks the value of a flag; None, for not given, is not checked.

        Raises:
            UserError: It is of another type, no choice, not finite or out of
                bounds.
        """
        if value is None:
            return
        if isinstance(value, list | tuple) != self.several:
            raise self._misfit(name, value)
        if self.kind is tuple and not value:
            raise UserError(f"--{name}= is empty: give numbers, such as 1,2.")
        for part in value if self.several else [value]:
            if self.choices and not (self.also and ":" in str(part)):
                require_choice(name, part, self.known, self.several)
            shown = ",".join(map(str, value)) if self.several else value
            self._check_part(name, shown, part)

    def _check_part(self, name, shown, part):
        kind, noun = _KINDS[self.part]
        if not isinstance(part, kind) or isinstance(part, bool) != (
            self.kind is bool
        ):
            raise self._misfit(name, part)
        if kind is str:
            _require_unicode(name, part)
        if kind is str or kind is bool:
            return
        if part != part or abs(part) == math.inf:  # Any integer is finite.
            raise UserError(
                f"--{name}={shown} is not a finite number: give one."
            )
        if part and not _SMALLEST <= abs(part) <= _LARGEST[kind]:
            raise UserError(
                f"--{name}={shown} is beyond what a run computes with: give"
                f" {noun} of {_SMALLEST:.2g} to {_LARGEST[kind]:.2g} in size."
            )
        bounds = {word: getattr(self, word) for word in _HOLD}
        bounds = {w: b for w, b in bounds.items() if b is not None}
        if not all(_HOLD[word](part, bound) for word, bound in bounds.items()):
            said = (f"{w.replace('_', ' ')} {b}" for w, b in bounds.items())
            raise UserError(f"--{name}={shown} must be {', '.join(said)}.")

    def _misfit(self, name, value):
        given = str(value) if len(str(value)) < 60 else f"{str(value):.60}..."
        noun = _KINDS[self.part][1]
        return UserError(
            f"--{name}={given} has the type {type(value).__name__}: give"
            f" {'several of' if self.several else ''} {noun}."
        )


def option(
    default,
    text: str,
    choices: Collection[str] = (),
    *,
    called: Any = _SAME,
    **more,
) -> Any:
    """Makes a dataclass field that is a flag: an `Option` of these arguments.

    `called` is the default of the class in Python, where it is not the flag's;
    `dataclasses.MISSING` if it has none. `kind` is given where it is not that
    of the default.
    """
    kind = more.pop("kind", type(default))
    made = Option(kind, default, text, choices, **more)
    return dataclasses.field(
        default=default if called is _SAME else called,
        metadata={"option": made},
    )


def is_unicode(text: str) -> bool:
    """Tells whether JSON and TensorFlow take a name of the file system."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _require_unicode(name, value):
    if not is_unicode(value):
        raise UserError(
            f"--{name}={ascii(value)[1:-1]} is not UTF-8: rename the file or"
            " folder, or change to that folder and give a relative path."
        )


def require_choice(name: str, value, choices, several: bool = False) -> None:
    """Raises a UserError unless `value`, of flag `name`, is a choice."""
    if value not in choices:
        raise UserError(
            f"--{name}={value} is not known: choose"
            f" {'from' if several else 'one of'}"
            f" {', '.join(map(str, choices))}."
        )


def options(group) -> dict[str, Option]:
    """Lists the flags of a group of settings, by name, in order.

    Args:
        group: The class, or an instance of it.
    """
    return {
        field.name: field.metadata["option"]
        for field in dataclasses.fields(group)
    }
