"""Settings of a run: groups, defaults, checks, records. No TensorFlow."""

from xvat_tf.settings.conversion import (
    PLACES,
    differences,
    from_values,
    identity,
    to_values,
)
from xvat_tf.settings.defaults import idle, resolve
from xvat_tf.settings.groups import (
    DataSettings,
    NetworkSettings,
    Settings,
    TrainSettings,
)
