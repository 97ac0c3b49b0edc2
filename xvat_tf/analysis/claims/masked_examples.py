"""The images that a run's masks are measured on, and those masks."""

import dataclasses

import numpy as np

from xvat_tf.analysis.states import Networks, spread
from xvat_tf.data import load_source
from xvat_tf.training import views
from xvat_tf.training.noise import StepNoise

_BATCH = 500
_SEED = 0


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
    """Images that the run has masks for, evenly spread over the whole list.

    An inductive generator masks any image: evaluated ones are taken. A table
    has rows for training images only, of which those with a label in the
    data set are taken, whether training saw the label or not.

    Args:
        networks: Of a run with masks.
        count: At most so many.
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
    rows = np.arange(len(images))
    if settings.uses_unlabeled:
        known = load_source(settings.data).train_labels
        positions = data.split.unlabeled
        # Extra images follow the training images and have no labels.
        rows = np.flatnonzero(positions < len(known))
        if not len(rows):
            return Examples(
                "training",
                images,
                labels,
                -1 - np.arange(len(images), dtype=np.int32),
            )
        images, labels = data.unlabeled_images, known[positions[rows]]
    chosen = spread(len(rows), count)
    rows = rows[chosen]
    return Examples(
        "training", images[rows], labels[chosen], rows.astype(np.int32)
    )


def masks(networks: Networks, examples: Examples) -> dict[str, np.ndarray]:
    """Masks of the examples at the weights that the networks hold.

    Args:
        networks: Of a run with masks.
        examples: Of the same run.

    Returns:
        `sampled`: a draw of the hard concrete distribution with the same
        noise for every run, after the step that masks take in training;
        `noise_free`: its mask at the median of the
        noise. Shape of the images or with one channel, in [0, 1].
    """
    drawn = []
    for start in range(0, len(examples.images), _BATCH):
        batch = slice(start, start + _BATCH)
        drawn.append(
            views.display(
                networks.classifier,
                networks.generator,
                networks.run.settings.method,
                examples.images[batch],
                examples.labels[batch],
                examples.rows[batch],
                StepNoise(_SEED, start),
            )
        )
    return {
        "sampled": np.concatenate([one.sample for one in drawn]),
        "noise_free": np.concatenate([one.noise_free for one in drawn]),
    }
