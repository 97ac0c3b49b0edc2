"""Defaults per data set and method, and how they meet what the user gave.

Later tables win: official script, data set, supervised, method, mask model;
and what the user gives wins over all of them.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from xvat_tf.settings import groups
from xvat_tf.settings.checks import check
from xvat_tf.settings.groups import MASK_METHODS, Settings

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

METHOD_DEFAULTS: Mapping[str, Mapping] = {
    "at": {"eta": 0.5},
    "xat": {"eta": 0.5},
    # Measured better than eq. 7 on MNIST with 100 labels (docs/recipe.md).
    "xvat": {"divergence": "kl_perturbed_clean"},
    "xvatent": {"divergence": "kl_perturbed_clean"},
}

# Data sets whose background is 0 in [0, 1]: a mask cannot perturb a zero.
_ZERO_BACKGROUND = ("mnist", "digits")


def _defaults(given: Mapping) -> dict:
    """All defaults that follow from the data set, method and mask model."""
    chosen: dict[str, Any] = {
        name: option.default
        for name, option in groups.options_by_name().items()
    }
    for name in ("dataset", "method", "supervised", "mask_model"):
        chosen[name] = given.get(name, chosen[name])
    dataset, method = chosen["dataset"], chosen["method"]
    chosen |= DATASET_DEFAULTS[dataset]
    if chosen["supervised"]:
        chosen["num_labeled_examples"] = 0
        chosen |= SUPERVISED_DEFAULTS.get(dataset, {})
    chosen |= METHOD_DEFAULTS.get(method, {})
    if dataset in _ZERO_BACKGROUND and method not in MASK_METHODS:
        chosen["pixel_range"] = "unit"
    if chosen["mask_model"] == "transductive":
        chosen["generator_learning_rate"] = groups.TABLE_LEARNING_RATE
    return chosen


def resolve(given: Mapping) -> Settings:
    """Completes the values a user gave into checked settings.

    Args:
        given: Setting names and values of their types; absent means default.

    Returns:
        The settings of the run.

    Raises:
        UserError: A value or a combination is impossible.
    """
    if given.get("method") == "baseline":
        given = {**given, "method": "mle"}
    known = groups.options_by_name()
    for name in ("dataset", "method", "mask_model"):
        known[name].check(name, given.get(name))
    return assemble({**_defaults(given), **given})


def assemble(values: Mapping) -> Settings:
    """Builds and checks settings from a value for every name.

    Args:
        values: Every setting name with its value.

    Returns:
        The settings.

    Raises:
        UserError: A value or a combination is impossible.
    """
    settings = Settings(
        **{
            name: group(
                **{f.name: values[f.name] for f in dataclasses.fields(group)}
            )
            for name, group in groups.GROUPS.items()
        }
    )
    check(settings)
    return settings
