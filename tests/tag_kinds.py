"""The tags of TensorBoard by what is recorded under them."""

from xvat_tf.records import tags

_ALL = {
    name: value
    for name, value in vars(tags).items()
    if name.isupper() and isinstance(value, str)
}
TEXTS = {tags.SETTINGS_TEXT}
IMAGES = {value for value in _ALL.values() if value.startswith("panel/")}
HISTOGRAMS = set(tags.WEIGHTS_HISTOGRAMS.values()) | {
    value for name, value in _ALL.items() if name.endswith("_HISTOGRAM")
}
SCALARS = set(_ALL.values()) - TEXTS - IMAGES - HISTOGRAMS
