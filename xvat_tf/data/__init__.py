"""Data of a run: arrays, splits, scaling, streams.

`training_stream` is imported from `xvat_tf.data.streams` and `augment` from
`xvat_tf.data.augmentation`; nothing listed here loads TensorFlow at import.
"""

from xvat_tf.data.image_writer import write_images
from xvat_tf.data.prepared import PreparedData, prepare
from xvat_tf.data.scaling import Scaler
from xvat_tf.data.sources import Source, load_source
from xvat_tf.data.splits import Split, make_split
