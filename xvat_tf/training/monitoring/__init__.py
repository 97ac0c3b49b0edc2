"""What a run shows while it trains: scalars, panels, histograms, hparams."""

from xvat_tf.training.monitoring.events import EventFiles
from xvat_tf.training.monitoring.monitor import Monitor
from xvat_tf.training.monitoring.panels import Panels
