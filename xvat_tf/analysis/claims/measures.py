"""What the paper claims, as numbers: of masks, and of weights."""

from collections.abc import Callable

import numpy as np
import scipy.stats

from xvat_tf.analysis.masks import shuffled
from xvat_tf.data import Scaler
from xvat_tf.perturbations import apply_mask
from xvat_tf.training import views
from xvat_tf.training.evaluation.metrics import accuracy

_BRIGHT = 0.5
_ABSOLUTE = 0.01
_OF_LARGEST = 0.01
_OF_RMS = 0.1


def strokes(scaler: Scaler, images: np.ndarray) -> np.ndarray:
    """Pixels brighter than half of black to white, before the scaling; bool.

    The images are float, `(n, height, width, 1)`, as the classifier reads them.
    """
    return views.pictures(scaler, images) > _BRIGHT


def salience(mask: np.ndarray, is_stroke: np.ndarray) -> dict[str, float]:
    """Counts deletions, entries of exactly 0, on and off strokes.

    Shares of all pixels of a mask in [0, 1], NaN of nothing. `on_strokes` are
    strokes among the deletions, `chance` among all pixels: what a mask that
    ignores the image has. Their `ratio` is above 1 if strokes are found.
    """
    deleted = mask == 0
    on_strokes, chance = _share(is_stroke, deleted), float(is_stroke.mean())
    return {
        "deleted": float(deleted.mean()),
        "on_strokes": on_strokes,
        "chance": chance,
        "ratio": on_strokes / chance if chance else float("nan"),
        "deleted_strokes": _share(deleted, is_stroke),
        "deleted_ground": _share(deleted, ~is_stroke),
        "mean_strokes": _share(mask, is_stroke),
        "mean_ground": _share(mask, ~is_stroke),
    }


def _share(values, among):
    chosen = values[among]
    return float(chosen.mean(dtype=np.float64)) if chosen.size else float("nan")


def effect(
    classify: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    mask: np.ndarray,
    mask_gain: float,
    seed: int,
) -> dict[str, float]:
    """Accuracies in [0, 1] on images, masked images and a control.

    `masked` is on x * (epsilon z), `shuffled` with the entries of z in random
    order, by the seed: as many deletions of as many sizes, elsewhere. Where
    `masked` is lower, the places matter. Images are float, `(n, ...)`, as the
    classifier (images -> logits, in inference mode) reads them; labels int,
    `(n,)`; the mask has their shape, or one channel.
    """
    control = shuffled(mask, np.random.default_rng(seed))
    shown = {
        "clean": images,
        "masked": apply_mask(images, mask, mask_gain),
        "shuffled": apply_mask(images, control, mask_gain),
    }
    return {
        name: accuracy(classify(np.asarray(one)), labels)
        for name, one in shown.items()
    }


@np.errstate(invalid="ignore", divide="ignore")
def density(weights: np.ndarray) -> dict[str, float]:
    """Measures how dense the weights w of a layer are, in double precision.

    `near_zero` is the share with |w| below 0.01, as in Fig. 6, `near_largest`
    below 1 % of the largest, `near_rms` below 10 % of the rms. `hoyer` is
    (sqrt(n) - L1 / L2) / (sqrt(n) - 1) (Hoyer 2004): 0 if all |w| are equal, 1
    if a single w is not 0. `kurtosis` is in excess of a Gaussian's. All but
    `rms` and `near_zero` stay if every weight is multiplied by the same factor.
    A large Gaussian layer has 8.0 % near its rms, Hoyer 0.20 and kurtosis 0; a
    uniform one 5.8 %, 0.13 and -1.2. What equal or zero weights do not define
    is NaN.
    """
    w = weights.astype(np.float64).ravel()
    size, rms, root = np.abs(w), np.sqrt(np.mean(w**2)), np.sqrt(w.size)
    ratio = size.sum() / np.sqrt(np.sum(w**2))
    return {
        "weights": w.size,
        "rms": float(rms),
        "near_zero": float(np.mean(size < _ABSOLUTE)),
        "near_largest": float(np.mean(size < _OF_LARGEST * size.max())),
        "near_rms": float(np.mean(size < _OF_RMS * rms)),
        "hoyer": float((root - ratio) / (root - 1)),
        "kurtosis": float(scipy.stats.kurtosis(w)),
    }


def mean(layers: list[dict[str, float]]) -> dict[str, float]:
    """Means of `density` over layers, each weighted by its number of weights.

    Every layer is measured on its own scale first. `weights` is the sum.
    """
    counts = [layer["weights"] for layer in layers]
    values = np.array([list(layer.values())[1:] for layer in layers])
    means = np.average(values, axis=0, weights=counts).tolist()
    return dict(zip(layers[0], [sum(counts), *means], strict=True))
