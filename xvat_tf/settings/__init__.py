"""Settings of a run: groups, defaults, checks, records. No TensorFlow."""

from xvat_tf.settings.conversion import (
    PLACES,
    differences,
    from_values,
    identity,
    to_values,
)
from xvat_tf.settings.defaults import resolve
from xvat_tf.settings.groups import (
    MASK_METHODS,
    DataSettings,
    MethodSettings,
    NetworkSettings,
    Settings,
    TrainSettings,
)

__all__ = [
    "MASK_METHODS",
    "PLACES",
    "DataSettings",
    "MethodSettings",
    "NetworkSettings",
    "Settings",
    "TrainSettings",
    "differences",
    "from_values",
    "identity",
    "resolve",
    "to_values",
]
