"""What a run leaves on disk: run folder, metrics, results. No TensorFlow."""

from xvat_tf.records.metrics_log import MetricsLog
from xvat_tf.records.run_folder import RunFolder, default_path, write_json

__all__ = ["MetricsLog", "RunFolder", "default_path", "write_json"]
