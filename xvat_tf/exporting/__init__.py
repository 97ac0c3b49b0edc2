"""A trained run as files that need no run folder: networks and model card."""

from xvat_tf.exporting.exported import export
from xvat_tf.exporting.folder import require_free
