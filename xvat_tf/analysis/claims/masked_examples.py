"""The images that a run's masks are measured on, and those masks."""

import dataclasses

import numpy as np

from xvat_tf.analysis.masks import learned_masks
from xvat_tf.analysis.states import Networks, spread
from xvat_tf.data import load_source

_BATCH = 500


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Images with labels.

    Attributes:
        origin: `"test"`, `"validation"` or `"training"`.
        images: Float, `(n, *image_shape)`, as the classifier reads them.
        labels: int32, `(n,)`.
        rows: int32, `(n,)`, their rows in the run's mask table; 0 without.
    """

    origin: str
    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray


def choose(networks: Networks, count: int) -> Examples:
    """At most `count` images that a run has masks for, evenly spread over all.

    An inductive generator masks any image: evaluated ones are taken. A table
    has rows for training images only, of which those with a label in the
    data set are taken, whether training saw the label or not.
    """
    if networks.run.settings.method.has_table:
        return _of_table(networks, count)
    data = networks.data
    chosen = spread(len(data.test_images), count)
    return Examples(
        networks.run.settings.data.evaluated_on,
        data.test_images[chosen],
        data.test_labels[chosen],
        np.zeros(len(chosen), np.int32),
    )


def _of_table(networks, count):
    settings, data = networks.run.settings, networks.data
    images, labels = data.labeled_images, data.labeled_labels
    rows = np.arange(len(images), dtype=np.int32)
    if settings.uses_unlabeled:
        known = load_source(settings.data).train_labels
        positions = data.split.unlabeled
        # Extra images follow the training images and have no labels.
        rows = np.flatnonzero(positions < len(known)).astype(np.int32)
        if not len(rows):
            last = -1 - np.arange(len(images), dtype=np.int32)
            return Examples("training", images, labels, last)
        images, labels = data.unlabeled_images, known[positions[rows]]
    chosen = spread(len(rows), count)
    rows = rows[chosen]
    return Examples("training", images[rows], labels[chosen], rows)


def masks(networks: Networks, examples: Examples) -> dict[str, np.ndarray]:
    """Masks of the examples, by kind; see `learned_masks`."""
    return learned_masks(
        networks.classifier,
        networks.generator,
        networks.run.settings.method,
        (examples.images, examples.labels, examples.rows),
        _BATCH,
    )
