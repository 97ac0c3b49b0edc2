"""Defaults of the settings in words: what they depend on, as they resolve."""

import functools
import itertools
from typing import Any, NamedTuple

from xvat_tf.datasets import DATASETS, TFDS
from xvat_tf.methods import METHODS
from xvat_tf.settings.groups import options_by_name
from xvat_tf.settings.values import default_values


class _Case(NamedTuple):
    """What a user says first; the rest has defaults."""

    dataset: str
    method: str


def describe(name: str) -> str:
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
    return "; ".join(texts)


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
