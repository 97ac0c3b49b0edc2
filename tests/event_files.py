"""Reads TensorBoard's event files back."""

import collections

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util

# 0 keeps all points.
_ALL = {event_accumulator.TENSORS: 0}


def read(folder) -> dict:
    """Points by plugin and tag.

    Args:
        folder: Folder of event files.

    Returns:
        `{plugin: {tag: [(step, array), ...]}}`.
    """
    events = event_accumulator.EventAccumulator(str(folder), _ALL).Reload()
    found = collections.defaultdict(dict)
    for tag in events.Tags()["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        found[plugin][tag] = [
            (point.step, tensor_util.make_ndarray(point.tensor_proto))
            for point in events.Tensors(tag)
        ]
    return found
