"""What a run leaves on disk: run folder, metrics, results. No TensorFlow."""

from xvat_tf.records.metrics_log import MetricsLog, read_metrics, summarize
from xvat_tf.records.run_folder import RunFolder, default_path, settings_hash
from xvat_tf.records.writing import as_json, write_json

__all__ = [
    "MetricsLog",
    "RunFolder",
    "as_json",
    "default_path",
    "read_metrics",
    "settings_hash",
    "summarize",
    "write_json",
]
