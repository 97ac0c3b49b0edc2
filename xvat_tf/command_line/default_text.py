"""Defaults of the settings in words: what they depend on, as they resolve."""

import functools
import itertools
from typing import Any, NamedTuple

from xvat_tf.datasets import DATASETS, TFDS
from xvat_tf.methods import METHODS
from xvat_tf.settings.defaults import default_values
from xvat_tf.settings.groups import options_by_name

_SUPERVISED = " with --supervised"


class _Case(NamedTuple):
    """What a user says first; the rest has defaults."""

    dataset: str
    method: str
    supervised: bool


def describe(name: str) -> str:
    """Says the default of a setting, and for which runs it is another one.

    Such as `"4000; 50 for digits; 0 with --supervised"`, of which the last
    that fits is true; empty if there is no value.
    """
    usual = options_by_name()[name].default
    texts = {False: [plain(usual)] if usual not in (None, "") else [], True: []}
    if name not in _Case._fields:
        values = {c: v[name] for c, v in _cases().items() if name in v}
        for value in dict.fromkeys(values.values()):
            if value != usual:
                for where in _where(value, values, usual):
                    text = f"{plain(value)} {where}"
                    texts[where.endswith(_SUPERVISED.strip())].append(text)
    return "; ".join(texts[False] + texts[True])


def plain(value) -> str:
    """A value as one types it; on or off for a switch."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


@functools.cache
def _cases() -> dict[_Case, dict[str, Any]]:
    """What each case resolves to."""
    datasets = (*DATASETS, f"{TFDS}NAME")
    cases = itertools.product(datasets, METHODS, (False, True))
    cases = itertools.starmap(_Case, cases)
    return {case: default_values(case._asdict()) for case in cases}


def _where(value, values, usual):
    """Where a default is `value`, in words.

    Data sets where it is so for the same methods stand together.
    """
    parts = {case.dataset: set() for case in values}
    for case, own in values.items():
        if own == value:
            parts[case.dataset].add(case[1:])
    for part in dict.fromkeys(map(frozenset, parts.values())):
        datasets = [name for name, own in parts.items() if own == part]
        if all(part <= own for own in parts.values()):
            datasets = []
        yield from _phrases(datasets, part, values, usual)


def _phrases(datasets, part, values, usual):
    methods = dict.fromkeys(case.method for case in values)
    plainly, supervised = (
        [name for name in methods if (name, flag) in part]
        for flag in (False, True)
    )
    if supervised and supervised != plainly:
        yield (_phrase(datasets, supervised, methods) + _SUPERVISED).lstrip()
    if plainly:
        back = supervised != plainly and any(
            values[_Case(dataset, name, True)] == usual
            for dataset in datasets or {case.dataset for case in values}
            for name in plainly
        )
        where = _phrase(datasets, plainly, methods)
        yield f"{where} without --supervised" if back else where


def _phrase(datasets, chosen, methods):
    names = [datasets, chosen if len(chosen) < len(methods) else []]
    subject = " with ".join(", ".join(part) for part in names if part)
    return subject and f"for {subject}"
