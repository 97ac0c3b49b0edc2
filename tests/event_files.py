"""Reads TensorBoard's event files back; the tags by what is under them."""

import collections

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util

from xvat_tf.records import tags

# 0 keeps all points.
_ALL = {event_accumulator.TENSORS: 0}
_TAGS = {
    name: value
    for name, value in vars(tags).items()
    if name.isupper() and isinstance(value, str)
}
TEXTS = {tags.SETTINGS_TEXT}
IMAGES = {value for value in _TAGS.values() if value.startswith("panel/")}
HISTOGRAMS = set(tags.WEIGHTS_HISTOGRAMS.values()) | {
    value for name, value in _TAGS.items() if name.endswith("_HISTOGRAM")
}
SCALARS = set(_TAGS.values()) - TEXTS - IMAGES - HISTOGRAMS


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
