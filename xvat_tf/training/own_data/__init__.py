"""Arrays and datasets of a user as the batches of a train step."""

from xvat_tf.training.own_data.inputs import Inputs, OwnData
from xvat_tf.training.own_data.sources import Start
from xvat_tf.training.own_data.values import canonical, flat
