"""Settings of a run: groups, defaults, checks, records. No TensorFlow."""

from xvat_tf.settings.groups import (
    DataSettings,
    NetworkSettings,
    Settings,
    TrainSettings,
)
from xvat_tf.settings.values import (
    PLACES,
    differences,
    from_values,
    identity,
    idle,
    resolve,
    to_values,
)
