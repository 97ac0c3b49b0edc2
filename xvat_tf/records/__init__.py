"""What a run leaves on disk: run folder, metrics, results. No TensorFlow."""

from xvat_tf.records.metrics_log import (
    MetricsLog,
    evaluated_with,
    read_metrics,
    summarize,
)
from xvat_tf.records.run_folder import RunFolder, default_path, settings_hash
