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
# Older versions did not know them; at their defaults they change nothing.
NEWER = (
    "precision",
    "xla",
    "streaming",
    "shuffle_buffer",
    "sync_bn",
    "shards",
    "generator_init_scale",
    "bn_statistics",
    "direction",
    "log_alpha_bound",
    "num_unlabeled_examples",
    "initial_weights",
    "label_loss",
    "regularised",
    "xat_target",
    "generator_optimizer",
    "optimizer",
    "momentum",
)


def to_values(settings: Settings) -> dict:
    """Every setting name with its value, tuples as lists, for JSON."""
    values: dict[str, Any] = {}
    for name in groups.GROUPS:
        values |= dataclasses.asdict(getattr(settings, name))
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


def from_values(values: Mapping, origin: str) -> Settings:
    """Settings from what `to_values` made.

    What an older version did not know has its default.

    Args:
        values: Setting names and JSON values.
        origin: File that holds them, for the message.

    Returns:
        The settings, checked.

    Raises:
        UserError: A setting is missing, unknown or impossible.
    """
    known = _official_defaults()
    values = {name: known[name] for name in PLACES + NEWER} | dict(values)
    strange = sorted(set(known) ^ set(values))
    if strange:
        raise UserError(
            f"{origin} was written by another version: it lacks or adds"
            f" {', '.join(strange)}. Use that version, or train again."
        )
    restored = values | {"hidden_sizes": tuple(values["hidden_sizes"])}
    return defaults.assemble(restored)


def identity(settings: Settings) -> dict:
    """The values that make a run what it is, without places.

    Newer settings are left out at their default, so that the run folders of
    older versions keep their names.
    """
    known = _official_defaults()
    return {
        name: value
        for name, value in to_values(settings).items()
        if name not in PLACES and not (name in NEWER and value == known[name])
    }


def _official_defaults():
    known = groups.options_by_name()
    return {name: option.default for name, option in known.items()}


def differences(ours: Settings, theirs: Settings) -> list[str]:
    """Settings that change the result and differ, as `name: theirs -> ours`.

    Args:
        ours: Settings asked for.
        theirs: Settings recorded.

    Returns:
        One text per differing setting; empty if the runs are the same.
    """
    mine, recorded = to_values(ours), to_values(theirs)
    return [
        f"{name}: {recorded[name]} -> {value}"
        for name, value in mine.items()
        if name not in PLACES and recorded[name] != value
    ]
