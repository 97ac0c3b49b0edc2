"""Settings to and from plain values, for `settings.json` of a run folder."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from xvat_tf.errors import UserError
from xvat_tf.settings import defaults, groups
from xvat_tf.settings.groups import Settings

PLACES = tuple(
    name for name, option in groups.options_by_name().items() if option.place
)


def to_values(settings: Settings) -> dict:
    """Every setting that the run reads, by name, tuples as lists, for JSON."""
    values: dict[str, Any] = {
        **dataclasses.asdict(settings.data),
        **dataclasses.asdict(settings.network),
        "method": settings.method.name,
        **dataclasses.asdict(settings.method),
        **dataclasses.asdict(settings.train),
    }
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


def from_values(values: Mapping, origin: str) -> Settings:
    """Makes settings of what `to_values` made, and checks them.

    What an older version did not know has its default, at which it changes
    nothing; options of other methods are left out. A UserError names `origin`,
    the file that holds them, and a setting that is unknown or impossible.
    """
    known = groups.options_by_name()
    strange = sorted(set(values) - set(known))
    if strange:
        raise UserError(
            f"{origin} was written by another version: it has"
            f" {', '.join(strange)}, unknown here. Use that version, or train"
            " again."
        )
    for name in (name for name, value in values.items() if value is None):
        raise UserError(
            f"{origin} is damaged ({name} has no value): restore it or train"
            " again."
        )
    try:
        return defaults.assemble(
            {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in values.items()
            }
        )
    except UserError as error:
        raise UserError(f"{origin}: {error}") from None


def identity(settings: Settings) -> dict:
    """The values that make a run what it is, without places.

    Those at their default are left out, so that an option that comes later
    gives no run another name.
    """
    known = groups.options_by_name()
    return {
        name: value
        for name, value in to_values(settings).items()
        if name not in PLACES and value != known[name].default
    }


def differences(ours: Settings, theirs: Settings) -> list[str]:
    """Settings that change the result and differ, as `name: theirs -> ours`."""
    mine, recorded = to_values(ours), to_values(theirs)
    return [
        f"{name}: {recorded.get(name)} -> {mine.get(name)}"
        for name in mine | recorded
        if name not in PLACES and recorded.get(name) != mine.get(name)
    ]
