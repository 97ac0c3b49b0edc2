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
from xvat_tf.settings.methods import At, Mle, Vat, VatEnt, XAt, XVat

__all__ = [
    "MASK_METHODS",
    "PLACES",
    "At",
    "DataSettings",
    "MethodSettings",
    "Mle",
    "NetworkSettings",
    "Settings",
    "TrainSettings",
    "Vat",
    "VatEnt",
    "XAt",
    "XVat",
    "differences",
    "from_values",
    "identity",
    "resolve",
    "to_values",
]
