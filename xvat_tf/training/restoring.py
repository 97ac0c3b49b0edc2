"""The networks of a run as one of its checkpoints has them."""

import dataclasses
from collections.abc import Mapping

import keras

from xvat_tf.data import PreparedData, prepare
from xvat_tf.methods import Masks
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.records import RunFolder
from xvat_tf.settings import Settings
from xvat_tf.training.weights import Weights, read_checkpoint


@dataclasses.dataclass(frozen=True, eq=False)
class Restored:
    """A run at a checkpoint, for what comes after training.

    Its unlabeled images are those in memory. The generator is the inductive
    one: None for methods without masks, and for a table, whose rows are of
    training images. The classifier has those of the `versions` of its weights
    whose name is `weights`: `"raw"`, or `"averaged"` where training kept them.
    """

    settings: Settings
    folder: RunFolder
    data: PreparedData
    step: int
    classifier: keras.Model
    generator: keras.layers.Layer | None
    weights: str = "raw"
    versions: Mapping[str, Weights] = dataclasses.field(default_factory=dict)


def restore(
    settings: Settings,
    folder: RunFolder,
    checkpoint: str,
    weights: str | None = None,
) -> Restored:
    """Loads data and networks of a run at its latest or best checkpoint.

    Its weights are `"raw"`, `"averaged"`, or None: those of the method. A
    UserError says: no checkpoint, a damaged one, one without the weights asked
    for, or unusable or other data.
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
    stored = read_checkpoint(folder, checkpoint)
    folder.say_if_versions_changed()
    weights = weights or method.weights
    versions = {"raw": stored}
    if stored.has_average or weights == "averaged":
        versions["averaged"] = stored.averaged()
    versions[weights].put_into(classifier, generator)
    return Restored(
        settings,
        folder,
        data,
        stored.step,
        classifier,
        generator,
        weights,
        versions,
    )
