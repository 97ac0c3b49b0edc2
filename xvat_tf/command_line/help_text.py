"""What `--help` prints: flags by what one wants to do, with true defaults."""

import functools
import itertools
import shutil
import textwrap
from collections.abc import Mapping
from typing import Any, NamedTuple

from xvat_tf.datasets import DATASETS, TFDS
from xvat_tf.methods import METHODS
from xvat_tf.networks import NETWORKS
from xvat_tf.option import Option
from xvat_tf.settings import groups
from xvat_tf.settings.groups import options_by_name
from xvat_tf.settings.values import default_values

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
        name: option.shown or describe_default(name)
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
    return plain(option.default)


class _Case(NamedTuple):
    """What a user says first; the rest has defaults."""

    dataset: str
    method: str


def describe_default(name: str) -> str:
    """Says the default of a setting, and for which runs it is another one.

    Such as `"4000; 50 for digits; 0 with --supervised"`, of which the last
    that fits is true; empty if there is no value.
    """
    usual = options_by_name()[name].default
    texts = [plain(usual)] if usual not in (None, "") else []
    if name not in (*_Case._fields, "supervised"):
        before = itertools.repeat(usual)
        for ending in ("", " with --supervised"):
            values = {
                case: values[name]
                for case, values in _cases(bool(ending)).items()
                if name in values
            }
            texts += _others(values, before, ending)
            before = values.values()
        texts += _of_networks(name)
    return "; ".join(texts)


def _of_networks(name):
    """Values that networks have on every data set, each with their names."""
    chosen: dict[str, list[str]] = {}
    for network in NETWORKS.values():
        if name in network.defaults:
            value = plain(network.defaults[name])
            chosen.setdefault(value, []).append(network.name)
    for value, names in chosen.items():
        yield f"{value} with --network={', '.join(names)}"


def plain(value) -> str:
    """A value as one types it; on or off for a switch."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


@functools.cache
def _cases(supervised: bool) -> dict[_Case, dict[str, Any]]:
    """What each case resolves to."""
    cases = map(
        _Case._make, itertools.product((*DATASETS, f"{TFDS}NAME"), METHODS)
    )
    more = {"supervised": supervised}
    return {case: default_values(case._asdict() | more) for case in cases}


def _others(values, before, ending):
    """Values that are not what was said before, each with where it is so.

    Data sets where it is so for the same methods stand together.
    """
    pairs = zip(values.values(), before, strict=False)
    for value in dict.fromkeys(now for now, said in pairs if now != said):
        methods = {case.dataset: () for case in values}
        for case in (case for case, own in values.items() if own == value):
            methods[case.dataset] += (case.method,)
        for chosen in filter(None, dict.fromkeys(methods.values())):
            datasets = [name for name, own in methods.items() if own == chosen]
            everything = {case.method for case in values}
            parts = [
                ", ".join(datasets) if len(datasets) < len(methods) else "",
                ", ".join(chosen) if len(chosen) < len(everything) else "",
            ]
            where = " with ".join(filter(None, parts))
            yield f"{plain(value)}{where and f' for {where}'}{ending}"
