"""What machine this is."""

import importlib.metadata
import os
import platform
import subprocess

import tensorflow as tf


def this_machine() -> dict:
    """Cores, processor or GPU, and versions, for the head of a table."""
    found = {"cores": os.cpu_count(), "processor": _processor()}
    for package in ("tensorflow", "keras"):
        found[package] = importlib.metadata.version(package)
    return found | {"python": platform.python_version()}


def _processor():
    """Name of the processor, or of the GPU where there is one."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("device_name", "GPU")
    try:
        found = subprocess.run(["lscpu"], capture_output=True, text=True)
    except OSError:
        return platform.machine()
    lines = dict(
        line.split(":", 1) for line in found.stdout.splitlines() if ":" in line
    )
    return lines.get("Model name", platform.machine()).strip()
