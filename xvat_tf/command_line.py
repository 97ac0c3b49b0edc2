"""absl flags made of the settings, and how a command begins and ends.

Flags exist here only: they become frozen settings before anything else runs.
"""

import os
import signal
import sys
from collections.abc import Callable

from absl import flags

from xvat_tf import released_names
from xvat_tf.errors import UserError
from xvat_tf.settings import defaults, groups
from xvat_tf.settings.option import Option, options

_USER_ERROR = 2
_DEFINERS = {
    str: flags.DEFINE_string,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    bool: flags.DEFINE_bool,
}
_UNITS = {
    str: "text",
    int: "int",
    float: "float",
    tuple: "int,int,...",
    list: "text,text,...",
}


class CommandLine:
    """The flags of one command.

    Args:
        usage: First lines of `--help`.
        settings: Whether every setting of a run is a flag of the command.
    """

    def __init__(self, usage: str, settings: bool = True):
        self._usage = usage
        self._flags = flags.FlagValues()
        self._help = []
        if settings:
            self._define_settings()
        self._help.append("\nof every command:")
        self._define(str, "flagfile", "File with one flag per line.")
        self._define(bool, "help", "Show this.")

    def define_options(self, title: str, options: dict[str, Option]) -> None:
        """Adds a group of a command's own flags, by name."""
        self._help.append(f"\n{title}:")
        for name, option in options.items():
            shown = _shown_option(option)
            self._define(option.kind, name, option.text, shown)

    def parse(self, argv: list[str]) -> dict:
        """Reads a command line.

        Args:
            argv: Arguments without the program's name; `--a-b` is `--a_b`.

        Returns:
            Values the user gave, by flag name, of the flags' types.

        Raises:
            UserError: An unknown flag, or a value of another type.
            SystemExit: After `--help`.
        """
        try:
            rest = self._flags(["program", *map(_underscored, argv)])[1:]
        except (flags.CantOpenFlagFileError, UnicodeDecodeError) as error:
            reason = str(error).removeprefix("ERROR:: ")
            raise UserError(
                f"--flagfile cannot be read ({reason}): give a text file with"
                " one flag per line."
            ) from None
        except flags.Error as error:
            raise UserError(f"{error} See --help.") from None
        if self._flags["help"].value:
            print("\n".join([self._usage, *self._help]))
            raise SystemExit(0)
        if rest:
            raise UserError(
                f"{rest[0]!r} is not a flag: write --name=value. See --help."
            )
        given = {
            name: self._flags[name].value
            for name in self._flags
            if self._flags[name].present and name not in ("help", "flagfile")
        }
        return _typed(released_names.translate(given))

    def _define_settings(self):
        for name, group in groups.GROUPS.items():
            self._define_group(name, group)
        self._help.append("\nnames of the released PyTorch code, also taken:")
        for alias in released_names.ALIASES:
            self._define(str, alias.name, alias.help)

    def _define_group(self, name, group):
        self._help.append(f"\n{name} settings:")
        for setting, option in options(group).items():
            shown = _shown_default(setting, option)
            self._define(option.kind, setting, option.text, shown)

    def _define(self, kind, name, text, shown_default=""):
        define = _DEFINERS.get(kind, flags.DEFINE_list)
        define(name, None, text, flag_values=self._flags)
        self._help.append(_help_line(kind, name, text, shown_default))


def run(main: Callable[[list[str]], int | None]) -> None:
    """Runs a command; what a user can cause ends in one line on stderr.

    Args:
        main: Takes the arguments, returns the exit status (None is 0).

    Raises:
        SystemExit: Always: 0, 2 for a user's error, 130 for Ctrl-C, 143 for
            SIGTERM.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        status = main(sys.argv[1:])
    except UserError as error:
        _fail(str(error), _USER_ERROR)
    except KeyboardInterrupt as stop:
        _fail("stopped; nothing was to be saved.", 128 + stop.args[0])
    except BrokenPipeError:  # The reader, such as head, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}.", _USER_ERROR)
    sys.exit(status)


def _interrupt(number, frame):
    """Lets both signals end a command in the same tidy way.

    An object whose constructor the signal cut short can fail in its `__del__`;
    Python would print that traceback below the one line of the error.
    """
    sys.unraisablehook = _ignore
    raise KeyboardInterrupt(number)


def _ignore(unraisable):
    """Takes what an object raises that is too broken to be deleted."""


def _fail(message, status):
    print(f"error: {message}", file=sys.stderr)
    sys.exit(status)


def _underscored(argument):
    name, equals, value = argument.partition("=")
    if not name.startswith("--"):
        return argument
    return "--" + name[2:].replace("-", "_") + equals + value


def _typed(given):
    if "hidden_sizes" not in given:
        return given
    sizes = given["hidden_sizes"]
    try:
        return given | {"hidden_sizes": tuple(int(size) for size in sizes)}
    except ValueError:
        raise UserError(
            f"--hidden_sizes={','.join(sizes)} must be integers, such as"
            " 1200,1200."
        ) from None


def _help_line(kind, name, text, shown_default):
    left = f"  --[no]{name}" if kind is bool else (f"  --{name}={_UNITS[kind]}")
    default = f" [{shown_default}]" if shown_default else ""
    return f"{left}\n      {text}{default}"


def _shown_option(option):
    """Its choices and its default."""
    parts = []
    if option.choices:
        some = "any" if option.kind is list else "one"
        parts.append(f"{some} of {', '.join(option.choices)}")
    if option.shown or option.default is not None:
        parts.append(option.shown or _plain(option.default))
    return "; ".join(parts)


def _shown_default(setting, option):
    """The official default, and the data sets that have another."""
    parts = [_shown_option(option)]
    others = {
        dataset: table[setting]
        for dataset, table in defaults.DATASET_DEFAULTS.items()
        if table.get(setting, option.default) != option.default
    }
    parts += [f"{name}: {_plain(value)}" for name, value in others.items()]
    return "; ".join(parts)


def _plain(value):
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "empty"
