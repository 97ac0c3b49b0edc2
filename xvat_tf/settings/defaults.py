"""Defaults per data set, and how they meet what the user gave.

Later ones win: those of the options, data set, supervised; and what the user
gives wins over all of them.
"""

import re
from collections.abc import Collection, Mapping

from xvat_tf.errors import UserError
from xvat_tf.methods import find_method, method_options
from xvat_tf.option import options
from xvat_tf.settings import groups
from xvat_tf.settings.checks import check
from xvat_tf.settings.groups import Settings

# The multilayer perceptrons follow the released code of the paper: ReLU,
# batch norm without scale and offset, moving statistics 0.9 old + 0.1 new.
_MLP = {
    "network": "mlp",
    "lrelu_a": 0.0,
    "bn_affine": False,
    "bn_epsilon": 1e-5,
    "bn_stats_decay_factor": 0.9,
    "keep_prob_hidden": 1.0,
    "lr_schedule": "exponential",
}

_PLANE = {
    "network": "moons_mlp",
    "num_labeled_examples": 16,
    "num_valid_examples": 8,
    "batch_size": 16,
    "ul_batch_size": 250,
    "num_epochs": 10,
    "num_iter_per_epoch": 100,
    "eval_freq": 1,
    "panel_freq": 10,
    "learning_rate": 0.01,
    "lr_schedule": "exponential",
    "lr_decay_steps": 100,
    "epsilon": 0.5,
}

DATASET_DEFAULTS: Mapping[str, Mapping] = {
    "moons": _PLANE,
    "circles": _PLANE,
    "digits": {
        **_MLP,
        "hidden_sizes": (256, 256),
        "num_labeled_examples": 50,
        "num_valid_examples": 200,
        "batch_size": 50,
        "ul_batch_size": 250,
        "num_epochs": 20,
        "num_iter_per_epoch": 100,
        "eval_freq": 2,
        "panel_freq": 10,
        "epsilon": 1.0,
    },
    "mnist": {
        **_MLP,
        "num_labeled_examples": 100,
        "batch_size": 100,
        "ul_batch_size": 250,
        "num_epochs": 100,
        "num_iter_per_epoch": 500,
        "eval_freq": 1,
        "panel_freq": 2,
        "epsilon": 2.0,
    },
    "svhn": {"num_labeled_examples": 1000},
    "cifar10": {"zca": True},
    "cifar100": {"zca": True, "num_labeled_examples": 10000},
    "arrays": {
        "num_labeled_examples": 0,
        "eval_freq": 1,
    },
}

# Supervised networks and batches of the paper's appendix.
SUPERVISED_DEFAULTS: Mapping[str, Mapping] = {
    "mnist": {"hidden_sizes": (1200, 600, 300, 150)},
    "svhn": {"batch_size": 100},
    "cifar10": {"batch_size": 100},
    "cifar100": {"batch_size": 100},
}

# Data sets whose background is 0 in [0, 1]: a mask cannot perturb a zero.
_ZERO_BACKGROUND = ("mnist", "digits")


def _of_dataset(given: Mapping) -> dict:
    """Defaults that follow from the data set."""
    known = groups.options_by_name()
    dataset, supervised, method = (
        given.get(name, known[name].default)
        for name in ("dataset", "supervised", "method")
    )
    known["dataset"].check("dataset", dataset)
    chosen = dict(DATASET_DEFAULTS[dataset])
    if supervised:
        chosen["num_labeled_examples"] = 0
        chosen |= SUPERVISED_DEFAULTS.get(dataset, {})
    if dataset in _ZERO_BACKGROUND and not find_method(method).uses_mask:
        chosen["pixel_range"] = "unit"
    return chosen


def resolve(given: Mapping) -> Settings:
    """Completes the values a user gave into checked settings.

    Args:
        given: Setting names and values of their types; absent means default.
            Options that the method does not read are checked and left out.

    Returns:
        The settings of the run.

    Raises:
        UserError: A value or a combination is impossible.
    """
    return assemble({**_of_dataset(given), **given})


def assemble(values: Mapping) -> Settings:
    """Builds and checks settings.

    Args:
        values: Values by setting name; what is missing has its own default.

    Returns:
        The settings.

    Raises:
        UserError: A value or a combination is impossible.
    """
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
    except UserError as error:
        named = "|".join(["method", *options(method)])
        spelled = re.sub(rf"\b({named})=", r"--\1=", str(error))
        raise UserError(spelled) from None


def _made(group, values):
    """A group of its own options."""
    return group(
        **{
            name: values.get(name, option.default)
            for name, option in options(group).items()
        }
    )


def idle(settings: Settings, given: Collection[str]) -> list[str]:
    """Lists the options given to a method that have no effect there.

    Args:
        settings: What `given` resolved to.
        given: Names of the settings that the user gave.

    Returns:
        Names, in the order of `given`.
    """
    acting, known = settings.method.acting(), method_options()
    return [name for name in given if name in known and name not in acting]
