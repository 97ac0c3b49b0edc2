"""Where masks delete, and whether the place matters.

Whether they delete the strokes of a digit more often than chance, and whether
accuracy is lower than under the same masks shuffled.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from xvat_tf.analysis.masks import shuffled
from xvat_tf.data import Scaler
from xvat_tf.datasets import find_dataset
from xvat_tf.perturbations import apply_mask
from xvat_tf.training import views
from xvat_tf.training.evaluation.metrics import accuracy

_BRIGHT = 0.5


@dataclasses.dataclass(frozen=True)
class Salience:
    """Where masks delete, over all pixels of some images; shares in [0, 1].

    A deletion is a mask entry of exactly 0. What has no deletions, strokes or
    ground to be a share of is NaN.

    Attributes:
        deleted: Deletions among all pixels.
        on_strokes: Strokes among the deletions.
        chance: Strokes among all pixels: `on_strokes` of a mask that ignores
            the image.
        ratio: `on_strokes` / `chance`; above 1, strokes are found.
        deleted_strokes: Deletions among strokes.
        deleted_ground: Deletions among the other pixels.
        mean_strokes: Mean mask entry on strokes, 0 hides and 1 keeps.
        mean_ground: Mean mask entry on the other pixels.
    """

    deleted: float
    on_strokes: float
    chance: float
    ratio: float
    deleted_strokes: float
    deleted_ground: float
    mean_strokes: float
    mean_ground: float


def has_strokes(dataset: str) -> bool:
    """Whether strokes are defined on the images of a data set."""
    return find_dataset(dataset).zero_background


def strokes(scaler: Scaler, images: np.ndarray) -> np.ndarray:
    """Pixels brighter than half of black to white, before the scaling; bool.

    The images are float, `(n, height, width, 1)`, as the classifier reads them.
    """
    return views.pictures(scaler, images) > _BRIGHT


def salience(mask: np.ndarray, is_stroke: np.ndarray) -> Salience:
    """Counts deletions on and off strokes, of a mask in [0, 1]."""
    deleted = mask == 0
    on_strokes, chance = _share(is_stroke, deleted), float(is_stroke.mean())
    return Salience(
        deleted=float(deleted.mean()),
        on_strokes=on_strokes,
        chance=chance,
        ratio=on_strokes / chance if chance else float("nan"),
        deleted_strokes=_share(deleted, is_stroke),
        deleted_ground=_share(deleted, ~is_stroke),
        mean_strokes=_share(mask, is_stroke),
        mean_ground=_share(mask, ~is_stroke),
    )


def _share(values, among):
    """Mean of values where `among` holds, NaN if nowhere."""
    chosen = values[among]
    return float(chosen.mean(dtype=np.float64)) if chosen.size else float("nan")


@dataclasses.dataclass(frozen=True)
class Effect:
    """Accuracy under masks, in [0, 1].

    Attributes:
        clean: On the images.
        masked: On x * (epsilon z).
        shuffled: On x * (epsilon z') with the entries of z in random order:
            as many deletions of as many sizes, elsewhere. Where `masked` is
            lower, the places matter.
    """

    clean: float
    masked: float
    shuffled: float


def effect(
    classify: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    mask: np.ndarray,
    mask_gain: float,
    seed: int,
) -> Effect:
    """Measures a classifier on images, masked images and a control.

    Args:
        classify: Images -> logits, in inference mode.
        images: Float, `(n, ...)`, as the classifier reads them.
        labels: int, `(n,)`.
        mask: In [0, 1], shape of the images or with one channel.
        mask_gain: The run's epsilon.
        seed: Orders the pixels of the control.
    """
    control = shuffled(mask, np.random.default_rng(seed))

    def measured(perturbed):
        return accuracy(classify(np.asarray(perturbed)), labels)

    return Effect(
        clean=measured(images),
        masked=measured(apply_mask(images, mask, mask_gain)),
        shuffled=measured(apply_mask(images, control, mask_gain)),
    )
