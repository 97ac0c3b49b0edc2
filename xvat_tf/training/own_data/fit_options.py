"""What `fit` is asked for, parted into what the data need and Keras' rest."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from xvat_tf.errors import UserError
from xvat_tf.training.keras_arguments import whole
from xvat_tf.training.own_data.feed import Feed
from xvat_tf.training.own_data.inputs import OwnData
from xvat_tf.training.own_data.python_batches import ReadOnce
from xvat_tf.training.own_data.sources import Arrays

_SIZES = ("batch_size", "unlabeled_batch_size", "steps_per_epoch")


def fit_options(
    own: OwnData, x: Any, y: Any, options: Mapping, seed: int
) -> tuple[Feed, dict]:
    """The data of `fit`, and options left for `keras.Model.fit`.

    `own` has the unlabeled inputs; the seed is that of the order of arrays. A
    UserError says that an option does not serve, or the data do not.
    """
    options = dict(options)
    labeled = own.labeled(x, y, options.pop("sample_weight", None))
    share = options.pop("validation_split", 0.0)
    if share and options.get("validation_data") is None:
        labeled, options["validation_data"] = _split(labeled, share)
    feed = own.feed(
        labeled,
        seed=seed,
        shuffle=_flag(options.pop("shuffle", True), "shuffle"),
        class_weight=options.pop("class_weight", None),
        **_sizes(options),
    )
    ends = isinstance(feed.labeled, ReadOnce) and feed.epoch_steps is None
    if ends and options.get("epochs", 1) > 1:
        raise UserError(
            "x is a generator, which can be read only once: give"
            " steps_per_epoch, or epochs=1."
        )
    return feed, options


def _sizes(options):
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


def _split(labeled, share):
    """Splits off validation data as Keras does: the last rows."""
    if not isinstance(labeled, Arrays):
        raise UserError(
            "validation_split takes the last rows of arrays, and x gives"
            " batches: leave it out and give validation_data."
        )
    count = int(labeled.num_rows * (1 - share))
    if not 0 < count < labeled.num_rows:
        raise UserError(
            f"validation_split={share} leaves one side without an example:"
            " give a share in (0, 1)."
        )
    last = labeled.rows(slice(count, None))
    return labeled.rows(slice(0, count)), last.as_tuple()
