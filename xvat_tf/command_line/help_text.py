"""What `--help` prints: flags by what one wants to do, with true defaults."""

import shutil
import textwrap
from collections.abc import Mapping

from xvat_tf.command_line import default_text
from xvat_tf.option import Option
from xvat_tf.settings import groups

_UNITS = {
    str: "text",
    int: "int",
    float: "float",
    bool: "",
    tuple: "int,int,...",
    list: "text,text,...",
}
_NARROWEST, _WIDEST = 40, 100
# Headings of the settings, where an option names none; in their order.
_TOPICS = {
    "data": "data",
    "method": "method",
    "network": "network",
    "train": "training",
}


def settings_by_topic() -> dict[str, dict[str, Option]]:
    """Lists every setting of a run below the heading that it belongs to."""
    found: dict[str, dict[str, Option]] = {}
    known = groups.option_groups()
    for group, title in _TOPICS.items():
        found[title] = {}
        for name, option in known[group].items():
            found.setdefault(option.topic or title, {})[name] = option
    return found


def section(title: str, options: Mapping[str, Option], defaults=None) -> str:
    """Describes the flags below one heading.

    Args:
        title: The heading.
        options: By name.
        defaults: What to say of a default, by name; of those that are
            missing the option's own.
    """
    defaults = defaults or {}
    entries = [
        _entry(name, option, defaults.get(name, _own_default(option)))
        for name, option in options.items()
    ]
    return "\n".join([f"{title}:", *entries])


def settings_section(title: str, options: Mapping[str, Option]) -> str:
    """Describes settings, with what their defaults depend on."""
    defaults = {
        name: option.shown or default_text.describe(name)
        for name, option in options.items()
    }
    return section(title, options, defaults)


def _entry(name, option, default):
    """A flag on one line, and below it what it does, indented."""
    shown = f"--{name}={_UNITS[option.kind]}"
    if option.kind is bool:
        is_question = option.default is None and not option.shown
        shown = f"--{name}" if is_question else f"--[no]{name}"
    parts = [option.text, _choices(option), _condition(option)]
    if default:
        parts.append(f"Default: {default}.")
    return f"  {shown}\n{_wrapped(' '.join(filter(None, parts)))}"


def _wrapped(text):
    columns = shutil.get_terminal_size().columns
    return textwrap.fill(
        text,
        min(max(columns, _NARROWEST), _WIDEST),
        initial_indent=" " * 6,
        subsequent_indent=" " * 6,
        break_on_hyphens=False,
    )


def _choices(option):
    if not option.choices:
        return ""
    several = "Any of" if option.kind is list else "One of"
    return f"{several} {', '.join(option.known)}."


def _condition(option):
    """Under which value of another flag it acts."""
    if option.only is None or option.only[0] not in groups.options_by_name():
        return ""
    return "Only with --{}={}.".format(*option.only)


def _own_default(option):
    if option.shown or option.default is None:
        return option.shown
    return default_text.plain(option.default)
