"""absl flags made of the settings.

Flags exist here only: they become frozen settings before anything else runs.
"""

import os
from collections.abc import Mapping
from types import MappingProxyType

from absl import flags

from xvat_tf.command_line import flagfiles, released_names
from xvat_tf.command_line.help_text import (
    describe_default,
    section,
    settings_by_topic,
)
from xvat_tf.command_line.program import as_called
from xvat_tf.errors import UserError
from xvat_tf.option import Option
from xvat_tf.settings import groups

_NONE: Mapping = MappingProxyType({})
_RELEASED = "names of the released PyTorch code, also accepted"
_EVERYWHERE = {
    "flagfile": Option(
        str,
        None,
        "Text file with one flag per line; flags:NAME is one of this project's,"
        " such as flags:mnist_xvat.",
    ),
    "help": Option(bool, None, "Show this; also -h."),
    "version": Option(bool, None, "Show the version."),
}
_DEFINERS = {
    str: flags.DEFINE_string,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    bool: flags.DEFINE_bool,
}


class _Parts(flags.ListParser):
    """Values with commas between; a path that exists as a whole is one."""

    def __init__(self, option: Option):
        super().__init__()
        self._option = option

    def parse(self, argument):
        if self._option.path and os.path.exists(os.path.expanduser(argument)):
            return [argument]
        parts = super().parse(argument)
        try:
            return self._option.kind(map(self._option.part, parts))
        except ValueError:
            noun = "whole numbers" if self._option.of is int else "numbers"
            raise ValueError(f"give {noun}, such as 1,2.") from None


class CommandLine:
    """The flags of one command.

    Args:
        usage: First lines of `--help`.
        own: The command's own flags by name, by the title of their group. One
            that has the name of a setting is that setting, told otherwise.
        settings: Whether every setting of a run is a flag of the command.
        lists_settings: Whether `--help` lists them.
    """

    def __init__(
        self,
        usage: str,
        own: Mapping[str, Mapping[str, Option]] = _NONE,
        settings: bool = True,
        lists_settings: bool = True,
    ):
        self._usage = usage
        self._flags = flags.FlagValues()
        self._own = own
        self._options: dict[str, Option] = {}
        self._lists_settings = settings and lists_settings
        if settings:
            self._define(groups.options_by_name())
            self._define(released_names.options())
        self._define(_EVERYWHERE)
        flags.DEFINE_alias("h", "help", flag_values=self._flags)
        for group in own.values():
            new = {n: o for n, o in group.items() if n not in self._flags}
            self._define(new)

    def parse(self, argv: list[str]) -> dict:
        """Reads the arguments after the program's name; `--a-b` is `--a_b`.

        Returns the values that the user gave, by flag, of the flags' types. A
        UserError names what is unknown or of another type; `--help` and
        `--version` end the process.
        """
        words = map(_underscored, flagfiles.expand(argv))
        try:
            rest = self._flags(["program", *words])[1:]
        except flags.Error as error:
            said = str(error).replace(" ?", "?")
            stop = "" if said.endswith((".", "?")) else "."
            raise UserError(f"{said}{stop} See --help.") from None
        self._answer()
        if rest:
            raise UserError(
                f"{rest[0]!r} is not a flag: write --name=value. See --help."
            )
        given = {
            name: option.expanded(self._flags[name].value)
            for name, option in self._options.items()
            if self._flags[name].present and name != "flagfile"
        }
        return released_names.translate(given)

    def _answer(self):
        """Ends a command that was only asked what it is."""
        if self._flags["help"].value:
            print(self._help())
            raise SystemExit(0)
        if self._flags["version"].value:
            from xvat_tf.version import __version__  # It reads a file.

            print(f"xvat_tf {__version__}")
            raise SystemExit(0)

    def _help(self):
        """The text of `--help`: what is the command's own comes first."""
        parts = [self._usage]
        parts += [section(*own) for own in self._own.items()]
        if self._lists_settings:
            parts += [
                section(*topic, describe_default)
                for topic in settings_by_topic().items()
            ]
            parts.append(section(_RELEASED, released_names.options()))
        parts.append(section("every command", _EVERYWHERE))
        return as_called("\n\n".join(parts))

    def _define(self, options):
        for name, option in options.items():
            about = (name, None, option.text)
            if option.several:
                flags.DEFINE(_Parts(option), *about, self._flags)
            else:
                _DEFINERS[option.kind](*about, flag_values=self._flags)
        self._options |= options


def take(given: dict, options: Mapping[str, Option]) -> dict:
    """Takes a command's own flags out of what the user gave, and checks them.

    An option that was not given has its default. A UserError says that one is
    needed, or has a value that it may not have.
    """
    values = {
        name: given.pop(name, option.default)
        for name, option in options.items()
    }
    for name, option in options.items():
        option.check(name, values[name])
    for name, option in options.items():
        if option.needed and not values[name]:
            raise UserError(f"--{name} is missing: give {option.needed}.")
    return values


def parse_own(
    argv: list[str], usage: str, own: Mapping[str, Mapping[str, Option]]
) -> dict:
    """Parses the line of a command without settings of a run; see `take`."""
    given = CommandLine(usage, own, settings=False).parse(argv)
    return take(
        given, {n: o for group in own.values() for n, o in group.items()}
    )


def _underscored(argument):
    name, equals, value = argument.partition("=")
    if not name.startswith("--"):
        return argument
    return "--" + name[2:].replace("-", "_") + equals + value
