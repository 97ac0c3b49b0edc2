"""The networks of a run as one of its checkpoints has them."""

import dataclasses

import keras

from xvat_tf.data import PreparedData, prepare
from xvat_tf.methods import Masks
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.records import RunFolder
from xvat_tf.settings import Settings
from xvat_tf.training.weights import read_checkpoint


@dataclasses.dataclass(frozen=True, eq=False)
class Restored:
    """A run at a checkpoint, for what comes after training.

    Its unlabeled images are those in memory. The generator is the inductive
    one: None for methods without masks, and for a table, whose rows are of
    training images.
    """

    settings: Settings
    folder: RunFolder
    data: PreparedData
    step: int
    classifier: keras.Model
    generator: keras.layers.Layer | None


def restore(settings: Settings, folder: RunFolder, checkpoint: str) -> Restored:
    """Loads data and networks of a run at its latest or best checkpoint.

    A UserError says: no checkpoint, a damaged one, or unusable or other data.
    """
    # No unlabeled image is looked at: shards need not be there.
    arrays = dataclasses.replace(settings.data, streaming=False)
    data = prepare(arrays, dtype=settings.train.dtype)
    folder.require_data(data.sha256)
    classifier = build_classifier(
        settings.network, data.image_shape, data.num_classes, 0
    )
    generator, method = None, settings.method
    if isinstance(method, Masks) and not method.has_table:
        generator = build_generator(method, data.image_shape, 0, 0)
    weights = read_checkpoint(folder, checkpoint)
    folder.say_if_versions_changed()
    weights.put_into(classifier, generator)
    return Restored(settings, folder, data, weights.step, classifier, generator)
