"""Flags of the authors' PyTorch scripts, where they mean the same.

Each turns into one or more of our settings.
"""

from xvat_tf.errors import UserError
from xvat_tf.methods import METHODS, find_method
from xvat_tf.networks import NETWORKS
from xvat_tf.option import Option
from xvat_tf.settings import groups, resolve

# Whose values the entries of a registry declare.
_REGISTRIES = {"trainer": ("method", METHODS), "arch": ("network", NETWORKS)}
_KL_WAYS = {"0": "cross_entropy", "1": "kl_perturbed_clean"}
_RENAMED = {
    "size": "num_labeled_examples",
    "num_batch_it": "num_iter_per_epoch",
    "lr": "learning_rate",
    "lr_a": "generator_learning_rate",
    "alpha": "eta",
    "lamb": "lambda_l0",
    "lamb2": "lambda_smooth",
    "k": "num_power_iterations",
    "layer": "generator_layers",
}


def options() -> dict[str, Option]:
    """Lists the released flags by name."""
    known = groups.options_by_name()
    found = {
        name: Option(str, None, f"--{setting}.", tuple(_meanings(name)))
        for name, (setting, _) in _REGISTRIES.items()
    }
    found["kl"] = Option(
        str,
        None,
        "--divergence. With xat, 1 is --xat_target=prediction and 0"
        " --xat_target=label.",
        tuple(_KL_WAYS),
    )
    for name, text in {
        "eps": "--mask_gain of masks; --epsilon of at, vat.",
        "drop": "--keep_prob_hidden, as 1 minus the value.",
    }.items():
        found[name] = Option(float, None, text)
    for name, setting in _RENAMED.items():
        found[name] = Option(known[setting].kind, None, f"--{setting}.")
    return found


def translate(given: dict) -> dict:
    """Replaces released names by those of settings.

    A UserError says that a value has no meaning, or a setting is given twice.
    """
    known = options()
    result = {name: v for name, v in given.items() if name not in known}
    for released in (name for name in known if name in given):
        text = given[released]
        known[released].check(released, text)
        method = result.get("method", resolve({}).method.name)
        for name, value in _settings(released, text, method).items():
            if result.setdefault(name, value) != value:
                raise UserError(
                    f"--{released}={text} and --{name}={result[name]}"
                    " contradict each other: give one."
                )
    return result


def _settings(released, value, method):
    if released in _REGISTRIES:
        return _meanings(released)[value]
    if released == "kl":
        return _kl_way(value, method)
    if released == "eps":
        uses_mask = find_method(method).uses_mask
        return {"mask_gain" if uses_mask else "epsilon": value}
    if released == "drop":
        return {"keep_prob_hidden": 1 - value}
    return {_RENAMED[released]: value}


def _meanings(released):
    setting, registry = _REGISTRIES[released]
    return {
        theirs: {setting: ours, **more}
        for ours, entry in registry.items()
        for theirs, more in entry.released.items()
    }


def _kl_way(value, method):
    divergence = {"divergence": _KL_WAYS[value]}
    if not hasattr(find_method(method), "xat_target"):
        return divergence
    if value == "0":
        return {"xat_target": "label"}
    return {"xat_target": "prediction", **divergence}
