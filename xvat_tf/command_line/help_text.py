"""What `--help` prints: flags by what one wants to do, with true defaults."""

import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from xvat_tf.datasets import DATASETS, TFDS, find_dataset
from xvat_tf.methods import METHODS
from xvat_tf.networks import NETWORKS
from xvat_tf.option import Option, options
from xvat_tf.settings import groups

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


def section(
    title: str,
    options: Mapping[str, Option],
    describe: Callable[[str, Option], str] | None = None,
) -> str:
    """Describes the flags below one heading.

    `describe` says a default of name and option; by default its value.
    """
    entries = [
        _entry(name, option, option.shown or (describe or _value)(name, option))
        for name, option in options.items()
    ]
    return "\n".join([f"{title}:", *entries])


def _value(name, option):
    return "" if option.default in (None, "") else plain(option.default)


def _entry(name, option, default):
    """A flag on one line, and below it what it does, indented."""
    shown = f"--{name}={_unit(option)}"
    if option.kind is bool:
        is_question = option.default is None and not option.shown
        shown = f"--{name}" if is_question else f"--[no]{name}"
    parts = [option.text, _choices(option), _condition(option)]
    if default:
        parts.append(f"Default: {default}.")
    return f"  {shown}\n{_wrapped(' '.join(filter(None, parts)))}"


def _unit(option):
    unit = option.part.__name__.replace("str", "text")
    return f"{unit},{unit},..." if option.several else unit


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
    several = "Any of" if option.several else "One of"
    return f"{several} {', '.join(option.known)}."


def _condition(option):
    """Under which value of another flag it acts."""
    if option.only is None or option.only[0] not in groups.options_by_name():
        return ""
    return "Only with --{}={}.".format(*option.only)


def plain(value) -> str:
    """A value as one types it; on or off for a switch."""
    if isinstance(value, tuple | list):
        return ",".join(map(plain, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe_default(name: str, option: Option) -> str:
    """Says the default of a setting, and for which runs it is another one.

    Such as `"4000; 50 for digits; 0 with --supervised"`, of which the last
    that fits is true; empty if there is no value.
    """
    usual = _value(name, option)
    texts = [usual] if usual else []
    for where, entries in _sources():
        found: dict[str, list[str]] = {}
        for entry, values in entries.items():
            if name in values:
                found.setdefault(plain(values[name]), []).append(entry)
        texts += [
            f"{value} {where.format(', '.join(names))}"
            for value, names in found.items()
            if len(texts) > 1 or value != usual
        ]
    return "; ".join(texts)


def _sources() -> Iterator[tuple[str, dict[str, Mapping[str, Any]]]]:
    """What has defaults of its own, the weakest first.

    In words, with a place for names; and the values of each name.
    """
    datasets = {n: find_dataset(n) for n in (*DATASETS, f"{TFDS}NAME")}
    methods = METHODS.items()
    yield (
        "for {}",
        {
            name: {n: option.default for n, option in options(method).items()}
            for name, method in methods
        },
    )
    yield "for {}", {name: entry.defaults for name, entry in datasets.items()}
    adding = ", ".join(name for name, m in methods if not m.uses_mask)
    dark = [name for name, entry in datasets.items() if entry.zero_background]
    yield (
        f"for {{}} with {adding}",
        dict.fromkeys(dark, {"pixel_range": "unit"}),
    )
    yield "with --supervised", {"": {"num_labeled_examples": 0}}
    yield (
        "for {} with --supervised",
        {name: entry.supervised for name, entry in datasets.items()},
    )
    yield "for {}", {name: method.defaults for name, method in methods}
    yield (
        "with --network={}",
        {name: network.defaults for name, network in NETWORKS.items()},
    )
