"""Settings from what is given, and to and from plain values.

Later defaults win: those of the options, data set, network, supervised, method;
and what the user gives wins over all of them.
"""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from xvat_tf.datasets import find_dataset
from xvat_tf.errors import UserError
from xvat_tf.methods import find_method, method_options
from xvat_tf.networks import find_network
from xvat_tf.option import options
from xvat_tf.settings import groups
from xvat_tf.settings.checks import check
from xvat_tf.settings.groups import Settings

PLACES = tuple(
    name for name, option in groups.options_by_name().items() if option.place
)


def _of_dataset(given: Mapping) -> dict:
    known = groups.options_by_name()
    dataset, supervised, method = (
        given.get(name, known[name].default)
        for name in ("dataset", "supervised", "method")
    )
    entry = find_dataset(dataset)
    network = known["network"].default
    network = given.get("network", entry.defaults.get("network", network))
    chosen = {**entry.defaults, **find_network(network).defaults}
    if supervised:
        chosen["num_labeled_examples"] = 0
        chosen |= entry.supervised
    chosen |= find_method(method).defaults
    if entry.zero_background and not find_method(method).uses_mask:
        chosen["pixel_range"] = "unit"
    return chosen


def resolve(given: Mapping) -> Settings:
    """Completes the values a user gave into checked settings.

    Options that the method does not read are checked and left out. A UserError
    says which value or combination is impossible.
    """
    return assemble({**_of_dataset(given), **given})


def assemble(values: Mapping) -> Settings:
    """Builds and checks settings; what is missing has its own default."""
    known = groups.options_by_name()
    method = find_method(values.get("method", known["method"].default))
    own = options(method)
    for name in method_options().keys() - own:
        known[name].check(name, values.get(name))
    settings = Settings(
        _made(groups.DataSettings, values),
        _made(groups.NetworkSettings, values),
        _made_method(method, values),
        _made(groups.TrainSettings, values),
    )
    check(settings)
    return settings


def _made_method(method, values):
    try:
        return _made(method, values)
    except UserError as error:  # What it was before it lost its dashes.
        raise (error.__context__ or error) from None


def _made(group, values):
    return group(
        **{
            name: values.get(name, option.default)
            for name, option in options(group).items()
        }
    )


def idle(settings: Settings, given: Collection[str]) -> list[str]:
    """Lists the options given to a method that have no effect there."""
    acting, known = settings.method.acting(), method_options()
    return [name for name in given if name in known and name not in acting]


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
        return assemble(
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
