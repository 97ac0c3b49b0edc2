"""The parts of a run: its data and trainer; its networks at a checkpoint."""

import dataclasses
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data import PreparedData, prepare
from xvat_tf.errors import UserError
from xvat_tf.methods import Masks
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.models.tables import Held
from xvat_tf.records import RunFolder
from xvat_tf.settings import Settings
from xvat_tf.training import classifier_checks, schedules
from xvat_tf.training.replicas.distribution import ALONE, Distribution
from xvat_tf.training.trainer import Trainer
from xvat_tf.training.weights import Weights, read_checkpoint


def prepare_data(settings: Settings) -> PreparedData:
    """Loads, splits and scales the data.

    A UserError says that it is missing, damaged, or smaller than a batch.
    """
    data = prepare(settings.data, dtype=settings.train.dtype)
    _require_batch("batch_size", settings.train.batch_size, data.labeled_images)
    if settings.uses_unlabeled:
        _require_batch(
            "ul_batch_size", settings.train.ul_batch_size, data.unlabeled_images
        )
    # A file of the user may hold others than the list.
    streams = settings.data.streaming and settings.data.own_files
    masks = settings.method.uses_mask and settings.method.has_table
    if streams and masks:
        _require_labeled_rows(data)
    return data


def _require_labeled_rows(data):
    """Panels show a table's rows of labeled images: they must be theirs."""
    rows = np.searchsorted(data.split.unlabeled, data.split.labeled)
    labeled, unlabeled = data.labeled_images, data.unlabeled_images
    for row, image in zip(rows, labeled, strict=True):
        if row >= len(unlabeled) or (unlabeled[[row]] != image).any():
            raise UserError(
                "--mask_model=transductive needs the labeled images in its"
                " table: write a file that begins with the training images,"
                " in their order."
            )


def _require_batch(flag, size, images):
    if size > len(images):
        kind = "unlabeled" if flag == "ul_batch_size" else "labeled"
        raise UserError(
            f"--{flag}={size} is more than the {len(images)} {kind} images:"
            f" give at most {len(images)}."
        )


def build_trainer(
    settings: Settings, data: PreparedData, distribution: Distribution = ALONE
) -> Trainer:
    """Builds the trainer of a run, at step 0, with all its networks.

    The data gives image shape, classes and the rows of the mask table.
    """
    method, seed = settings.method, settings.train.seed
    with distribution.scope():
        classifier = build_classifier(
            settings.network, data.image_shape, data.num_classes, seed
        )
        optimizer = schedules.classifier_optimizer(settings.train)
    _require_logits(settings, classifier, data)
    rows, generator = _num_rows(settings, data), None
    # The mask table does not travel: each process holds its own rows.
    with (ALONE if method.has_table else distribution).scope():
        if isinstance(method, Masks):
            held = _held(settings, distribution)
            generator = build_generator(
                method, data.image_shape, rows, seed, held
            )
    trainer = Trainer(
        classifier,
        method,
        generator=generator,
        statistics=settings.network.bn_statistics,
        seed=seed,
        ema_decay=settings.train.ema_decay,
        distribution=distribution,
    )
    trainer.objective.build_memory(rows, data.num_classes)
    trainer.compile(optimizer, jit_compile=settings.train.xla)
    return trainer


def _require_logits(settings, classifier, data):
    """Tries a function of the user, whose code is not this project's."""
    name, few = settings.network.network, data.labeled_images[:8]
    if ":" not in name:
        return
    try:
        classifier_checks.check(
            classifier, tf.constant(few), None, settings.method.perturbs
        )
    except UserError as error:
        raise UserError(f"--network={name}: {error}") from None


def _num_rows(settings, data):
    """Rows of a table of the images that the method's term is of."""
    if not settings.uses_unlabeled:
        return len(data.labeled_images)
    labeled = len(data.labeled_images) if settings.labeled_rows else 0
    return len(data.unlabeled_images) + labeled


def _held(settings, distribution):
    """The rows of the mask table of this process: its strata of images."""
    workers = distribution.num_workers
    if workers == 1 or not settings.method.has_table:
        return Held()
    strata, own = settings.train.shards, settings.train.shards // workers
    first = distribution.cluster.index * own
    return Held(strata, first, first + own)


@dataclasses.dataclass(frozen=True, eq=False)
class Restored:
    """A run at a checkpoint, for what comes after training.

    Its unlabeled images are those in memory. A table, whose rows are of
    training images, is no generator here. The classifier has those of the
    `versions` of its weights that `weights` names: `"raw"` or `"averaged"`.
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
    # No unlabeled image is looked at: their file need not be there.
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
