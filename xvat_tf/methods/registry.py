"""Which methods there are, and the flags they have together."""

import collections
import dataclasses

from xvat_tf.errors import UserError
from xvat_tf.methods.method import Method
from xvat_tf.option import Option, options, require_choice

METHODS: dict[str, type[Method]] = {}
_OLD_NAMES = {"baseline": "mle"}


def register(method: type[Method]) -> type[Method]:
    """Makes a method known by its name, to every command; a decorator.

    Refuses an option with the name of another method's, of another type.
    """
    known = method_options()
    for name, own in options(method).items():
        if name in known and known[name].kind is not own.kind:
            raise UserError(
                f"{name} of {method.name} is {own.kind.__name__}, of another"
                f" method {known[name].kind.__name__}: choose another name."
            )
    METHODS[method.name] = method
    return method


def find_method(name: str) -> type[Method]:
    """Finds a method by its name or its old one; refuses other names."""
    name = _OLD_NAMES.get(name, name)
    require_choice("method", name, tuple(METHODS))
    return METHODS[name]


def method_options() -> dict[str, Option]:
    """Joins the options of all methods by name, each as one flag.

    Its bounds are those that all methods share: each checks its own.
    """
    declared: dict[str, dict[str, Option]] = collections.defaultdict(dict)
    for method in METHODS.values():
        for name, own in options(method).items():
            declared[name][method.name] = own
    return {name: _joined(by_method) for name, by_method in declared.items()}


def _joined(by_method):
    """One option of what several methods declare under one name."""
    declared = list(by_method.values())
    first = declared[0]
    shared = {
        name: getattr(first, name)
        if len({getattr(own, name) for own in declared}) == 1
        else None
        for name in ("above", "at_least", "below", "at_most", "only")
    }
    texts = _by_value(by_method, lambda own: own.text)
    by_text = [f"{', '.join(of)}: {text}" for text, of in texts.items()]
    return dataclasses.replace(
        first,
        text=first.text if len(texts) == 1 else " ".join(by_text),
        topic=f"options of {', '.join(by_method)}",
        choices=tuple(
            dict.fromkeys(choice for own in declared for choice in own.choices)
        ),
        **shared,
    )


def _by_value(by_method, read):
    """Names of the methods by what is read of their options."""
    found = collections.defaultdict(list)
    for method, own in by_method.items():
        found[read(own)].append(method)
    return found
