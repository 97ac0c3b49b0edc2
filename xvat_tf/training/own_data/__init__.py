"""Arrays and datasets of a user as the batches of a train step."""

from xvat_tf.training.own_data.inputs import (
    Inputs,
    OwnData,
    are_batches,
    split_options,
)
from xvat_tf.training.own_data.labels import canonical, flat

__all__ = [
    "Inputs",
    "OwnData",
    "are_batches",
    "canonical",
    "flat",
    "split_options",
]
