"""What `fit` is asked for, parted into what the data need and Keras' rest."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from xvat_tf.errors import UserError
from xvat_tf.training.keras_arguments import whole
from xvat_tf.training.own_data.feed import Feed
from xvat_tf.training.own_data.inputs import OwnData, split

_SIZES = ("batch_size", "unlabeled_batch_size", "steps_per_epoch")


def fit_options(
    own: OwnData, x: Any, y: Any, options: Mapping, seed: int
) -> tuple[Feed, dict]:
    """The data of `fit`, and options left for `keras.Model.fit`.

    Args:
        own: Has the unlabeled inputs.
        x: See `Trainer.fit`.
        y: See `Trainer.fit`.
        options: Of `Trainer.fit`, by name.
        seed: Seed of the order of arrays.

    Raises:
        UserError: An option does not serve, or the data do not.
    """
    options = dict(options)
    labeled = own.labeled(x, y, options.pop("sample_weight", None))
    share = options.pop("validation_split", 0.0)
    if options.get("validation_data") is not None:
        validation = own.validation(options["validation_data"])
        options["validation_data"] = validation
    elif share:
        labeled, options["validation_data"] = split(labeled, share)
    feed = own.feed(
        labeled,
        seed=seed,
        shuffle=_flag(options.pop("shuffle", True), "shuffle"),
        class_weight=options.pop("class_weight", None),
        **_sizes(options),
    )
    ends = feed.labeled.is_once and feed.epoch_steps is None
    if ends and options.get("epochs", 1) > 1:
        raise UserError(
            "x is a generator, which can be read only once: give"
            " steps_per_epoch, or epochs=1."
        )
    return feed, options


def _sizes(options):
    """Takes the sizes that are given out of the options."""
    given = {name: options.pop(name, None) for name in _SIZES}
    return {
        name: whole(value, name, 1)
        for name, value in given.items()
        if value is not None
    }


def _flag(value, name):
    if not isinstance(value, bool | np.bool_):
        raise UserError(f"{name}={value!r} is not known: give True or False.")
    return bool(value)
