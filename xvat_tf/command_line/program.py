"""How a command begins and ends."""

import os
import pathlib
import re
import sys
from collections.abc import Callable

from xvat_tf.console import streams
from xvat_tf.console.signals import Caught
from xvat_tf.errors import UserError, reason

_USER_ERROR = 2
_NOTHING_LOST = "stopped; there was nothing to save."


def as_called(text: str) -> str:
    """A text whose commands are written as this one was called.

    Where an installed command runs, `python -m xvat_tf.train` is `xvat-train`.
    """
    if not pathlib.PurePath(sys.argv[0]).name.startswith("xvat-"):
        return text
    return re.sub(r"python -m xvat_tf\.(\w+)", r"xvat-\1", text)


def run(main: Callable[[list[str]], int | None]) -> None:
    """Runs a command, arguments -> exit status, and ends the process.

    What a user can cause ends in one line on stderr and status 2, a signal in
    128 + its number; a status of None is 0.
    """
    output = streams.guard()
    # Matplotlib raises at a name that it does not know.
    os.environ["MPLBACKEND"] = "agg"
    Caught(_interrupt).install()
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except UserError as error:
        _fail(str(error), _USER_ERROR)
    except KeyboardInterrupt as stop:
        number, *said = stop.args
        _fail((said or [_NOTHING_LOST])[0], 128 + number)
    except MemoryError as error:
        _fail(f"there is not enough memory ({reason(error)}).", _USER_ERROR)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}.", _USER_ERROR)
    if output.failure is not None:
        why = reason(output.failure)
        _fail(f"standard output could not be written ({why}).", _USER_ERROR)
    sys.exit(status)


def _interrupt(number, frame):
    """Lets all signals end a command in the same tidy way.

    A second one ends it at once. An object whose constructor the signal cut
    short can fail in its `__del__`; Python would print that traceback below
    the one line of the error.
    """
    Caught(_end).install()
    sys.unraisablehook = _ignore
    raise KeyboardInterrupt(number)


def _end(number, frame):
    os._exit(128 + number)


def _ignore(unraisable):
    """Takes what an object raises that is too broken to be deleted."""


def _fail(message, status):
    print(f"error: {as_called(message)}", file=sys.stderr)
    sys.exit(status)
