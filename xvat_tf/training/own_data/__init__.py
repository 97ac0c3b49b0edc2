"""Arrays and datasets of a user as the batches of a train step."""

from xvat_tf.training.own_data.batch_checks import BatchChecks
from xvat_tf.training.own_data.fit_options import fit_options
from xvat_tf.training.own_data.inputs import Inputs, OwnData, are_batches
from xvat_tf.training.own_data.labels import ClassWeight, canonical, flat
from xvat_tf.training.own_data.sources import Start
