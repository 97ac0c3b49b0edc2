"""Flags of the authors' PyTorch scripts, where they mean the same.

Each turns into one or more of our settings.
"""

from collections.abc import Callable
from typing import NamedTuple

from xvat_tf.errors import UserError
from xvat_tf.methods import METHODS, find_method
from xvat_tf.networks import NETWORKS
from xvat_tf.option import Option
from xvat_tf.settings import resolve

_KL_WAYS = {
    "0": {"divergence": "cross_entropy"},
    "1": {"divergence": "kl_perturbed_clean"},
}


class Alias(NamedTuple):
    """A released flag; `settings` makes settings of its text and the method."""

    name: str
    help: str
    settings: Callable[[str, str], dict]


def _renamed(name, setting, kind=float):
    return Alias(name, f"--{setting}.", lambda text, _: {setting: kind(text)})


def _looked_up(name, setting, registry):
    """A released flag whose values the entries of a registry declare."""
    meanings = {
        released: {setting: own, **more}
        for own, entry in registry.items()
        for released, more in entry.released.items()
    }
    *others, last = meanings
    text = f"--{setting}: {', '.join(others)} or {last}."
    return Alias(name, text, lambda given, _: meanings[given])


def _kl_way(text, method):
    if not hasattr(find_method(method), "xat_target"):
        return dict(_KL_WAYS[text])
    if text == "0":
        return {"xat_target": "label"}
    return {"xat_target": "prediction", **_KL_WAYS[text]}


def _gain_or_epsilon(text, method):
    name = "mask_gain" if find_method(method).uses_mask else "epsilon"
    return {name: float(text)}


ALIASES = (
    _looked_up("trainer", "method", METHODS),
    _looked_up("arch", "network", NETWORKS),
    Alias(
        "kl",
        "--divergence: 1 or 0. With xat, 1 is --xat_target=prediction and 0"
        " --xat_target=label.",
        _kl_way,
    ),
    Alias(
        "eps", "--mask_gain of masks; --epsilon of at, vat.", _gain_or_epsilon
    ),
    _renamed("size", "num_labeled_examples", int),
    _renamed("num_batch_it", "num_iter_per_epoch", int),
    _renamed("lr", "learning_rate"),
    _renamed("lr_a", "generator_learning_rate"),
    _renamed("alpha", "eta"),
    _renamed("lamb", "lambda_l0"),
    _renamed("lamb2", "lambda_smooth"),
    _renamed("k", "num_power_iterations", int),
    _renamed("layer", "generator_layers", int),
    Alias(
        "drop",
        "--keep_prob_hidden, as 1 minus the value.",
        lambda text, _: {"keep_prob_hidden": 1 - float(text)},
    ),
)


def options() -> dict[str, Option]:
    """Lists the released flags by name."""
    return {alias.name: Option(str, None, alias.help) for alias in ALIASES}


def translate(given: dict) -> dict:
    """Replaces released names, whose values are texts, by those of settings.

    Raises:
        UserError: A value has no meaning, or a setting is given twice.
    """
    result = {
        name: value
        for name, value in given.items()
        if name not in {alias.name for alias in ALIASES}
    }
    for alias in ALIASES:
        if alias.name not in given:
            continue
        method = result.get("method", resolve({}).method.name)
        for name, value in _settings(alias, given[alias.name], method).items():
            if result.setdefault(name, value) != value:
                raise UserError(
                    f"--{alias.name}={given[alias.name]} and"
                    f" --{name}={result[name]} contradict each other: give one."
                )
    return result


def _settings(alias, text, method):
    try:
        return alias.settings(text, method)
    except (KeyError, ValueError):
        raise UserError(
            f"--{alias.name}={text} is not understood: it stands for"
            f" {alias.help}"
        ) from None
