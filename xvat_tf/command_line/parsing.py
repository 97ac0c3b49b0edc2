"""absl flags made of the settings.

Flags exist here only: they become frozen settings before anything else runs.
"""

from absl import flags

from xvat_tf.command_line import flagfiles, released_names
from xvat_tf.command_line.program import as_called
from xvat_tf.datasets import DATASETS
from xvat_tf.errors import UserError
from xvat_tf.option import Option
from xvat_tf.settings import groups

_FLAGFILE = (
    "Text file with one flag per line; flags:NAME is one of this project, such"
    " as flags:mnist_xvat."
)
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
        self._options: dict[str, Option] = {}
        if settings:
            self._define_settings()
        self._help.append("\nof every command:")
        self._define("flagfile", Option(str, None, _FLAGFILE))
        self._define("help", Option(bool, False, "Show this; also -h."), "h")
        self._define("version", Option(bool, False, "Show the version."))

    def define_options(self, title: str, options: dict[str, Option]) -> None:
        """Adds a group of a command's own flags, by name."""
        self._help.append(f"\n{title}:")
        for name, option in options.items():
            self._define(name, option, shown=_shown_option(option))

    def parse(self, argv: list[str]) -> dict:
        """Reads a command line.

        Args:
            argv: Arguments without the program's name; `--a-b` is `--a_b`.

        Returns:
            Values the user gave, by flag name, of the flags' types.

        Raises:
            UserError: An unknown flag, or a value of another type.
            SystemExit: After `--help` and `--version`.
        """
        words = map(_underscored, flagfiles.expand(argv))
        try:
            rest = self._flags(["program", *words])[1:]
        except flags.Error as error:
            raise UserError(f"{error} See --help.") from None
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
        return _typed(released_names.translate(given))

    def _answer(self):
        """Ends a command that was only asked what it is."""
        if self._flags["help"].value:
            print(as_called("\n".join([self._usage, *self._help])))
            raise SystemExit(0)
        if self._flags["version"].value:
            from xvat_tf.version import __version__  # It reads a file.

            print(f"xvat_tf {__version__}")
            raise SystemExit(0)

    def _define_settings(self):
        for name, group in groups.option_groups().items():
            self._help.append(f"\n{name} settings:")
            for setting, option in group.items():
                shown = _shown_default(setting, option)
                self._define(setting, option, shown=shown)
        self._help.append("\nnames of the released PyTorch code, also taken:")
        for alias in released_names.ALIASES:
            self._define(alias.name, Option(str, None, alias.help))

    def _define(self, name, option, short=None, shown=""):
        define = _DEFINERS.get(option.kind, flags.DEFINE_list)
        define(
            name, None, option.text, flag_values=self._flags, short_name=short
        )
        self._options[name] = option
        self._help.append(_help_line(option.kind, name, option.text, shown))


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
        parts.append(f"{some} of {', '.join(option.known)}")
    if option.shown or option.default is not None:
        parts.append(option.shown or _plain(option.default))
    return "; ".join(parts)


def _shown_default(setting, option):
    """The official default, and the data sets that have another."""
    parts = [_shown_option(option)]
    others = {
        name: dataset.defaults[setting]
        for name, dataset in DATASETS.items()
        if dataset.defaults.get(setting, option.default) != option.default
    }
    parts += [f"{name}: {_plain(value)}" for name, value in others.items()]
    return "; ".join(parts)


def _plain(value):
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "empty"
