"""What is shown of a perturbation: the one source of panels and figures.

Everything is computed by the code that trains (`objectives`), but from
inference-mode passes: moving statistics and no dropout. A step of training
searches with the statistics of its own batch, so its r differs a little.
"""

import dataclasses
from typing import NamedTuple

import keras
import numpy as np

from xvat_tf.data import PreparedData, Scaler
from xvat_tf.errors import UserError

_CHANNELS = (1, 3)


@dataclasses.dataclass(frozen=True, eq=False)
class Probes:
    """A few labeled training images that stand for the data set.

    Images are as the classifier reads them. Labels, int32, are ascending, each
    once. `rows`, int32, are those of the run's mask table, negative ones from
    its end; `positions`, int64, count the data set's training images.
    """

    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    positions: np.ndarray


def choose_probes(
    data: PreparedData, *, uses_unlabeled: bool, seed: int, count: int = 10
) -> Probes:
    """Draws one labeled image of each class, or of `count` random classes.

    Training images, of which a table has rows. A class without a labeled image
    (SVHN's split is not balanced) has no probe. Same seed and split, same
    images, whatever the method. `uses_unlabeled` is that of `Settings`: then a
    table's rows are of the unlabeled images.
    """
    rng = np.random.default_rng(seed)
    labels = data.labeled_labels
    # Drawn for all classes before any is left out: `count` changes no choice.
    chosen = np.array(
        [rng.choice(np.flatnonzero(labels == k)) for k in np.unique(labels)]
    )
    if len(chosen) > count:
        chosen = chosen[np.sort(rng.permutation(len(chosen))[:count])]
    positions = data.split.labeled[chosen]
    rows = _unlabeled_rows(data.split, chosen) if uses_unlabeled else chosen
    images, rows = data.labeled_images[chosen], rows.astype(np.int32)
    return Probes(images, labels[chosen], rows, positions)


def _unlabeled_rows(split, chosen):
    """Where labeled images are in the unlabeled list, or in the table's end."""
    unlabeled, positions = split.unlabeled, split.labeled[chosen]
    rows = np.searchsorted(unlabeled, positions)
    listed = np.isin(positions, unlabeled)
    return np.where(listed, rows, -1 - chosen)


class Kernel(NamedTuple):
    """Weights of one layer, float, by its name."""

    layer: str
    weights: np.ndarray


def all_kernels(classifier: keras.Model) -> list[Kernel]:
    """Every layer with a kernel, from input to logits, of a built model."""
    return [
        Kernel(layer.name, layer.kernel.numpy())
        for layer in classifier._flatten_layers()
        if hasattr(layer, "kernel")
    ]


def three_kernels(classifier: keras.Model) -> dict[str, Kernel]:
    """The layers of Fig. 6: `first`, `middle` and `last` one with a kernel.

    dense1, dense2, logits of the 1200-1200 network; conv1, conv6, logits of
    conv13. A network with two such layers has no middle one.
    """
    kernels = all_kernels(classifier)
    places = {0: "first", len(kernels) - 1: "last"}
    places.setdefault(len(kernels) // 2, "middle")
    return {places[i]: k for i, k in enumerate(kernels) if i in places}


def has_pictures(image_shape: tuple[int, ...]) -> bool:
    """Whether inputs of this shape are gray or colour images."""
    return len(image_shape) == 3 and image_shape[-1] in _CHANNELS


def pictures(scaler: Scaler, images: np.ndarray) -> np.ndarray:
    """Inputs, perturbed ones too, as pictures: un-whitened, cut to [0, 1].

    float32, `(n, height, width, 1 or 3)`; a UserError says that the data has
    no pictures.
    """
    _require_pictures(images)
    return scaler.inverse(images).astype(np.float32)


def picture_changes(scaler: Scaler, r: np.ndarray) -> np.ndarray:
    """A change of inputs as that of their pictures: 1 from black to white.

    Nothing is cut. Raises as `pictures`.
    """
    _require_pictures(r)
    return scaler.inverse_change(r).astype(np.float32)


def amplification(changes: np.ndarray) -> float:
    """The power of two at which 99 % of the changes stay within +-0.5.

    It changes seldom, so that panels of different steps can be compared.
    """
    largest = np.percentile(np.abs(changes), 99)
    if not np.isfinite(largest) or largest == 0:
        return 1.0
    return float(2.0 ** np.floor(np.log2(0.5 / largest)))


def _require_pictures(images):
    if not has_pictures(images.shape[1:]):
        raise UserError(
            f"inputs of shape {images.shape[1:]} are neither gray nor colour"
            " images and have no pictures: use image data."
        )
