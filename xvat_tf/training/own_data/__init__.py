"""Arrays and datasets of a user as the batches of a train step."""

from xvat_tf.training.own_data.batch_checks import BatchChecks
from xvat_tf.training.own_data.inputs import (
    Inputs,
    OwnData,
    are_batches,
    checked,
    split_options,
)
from xvat_tf.training.own_data.labels import canonical, flat

__all__ = [
    "BatchChecks",
    "Inputs",
    "OwnData",
    "are_batches",
    "canonical",
    "checked",
    "flat",
    "split_options",
]
