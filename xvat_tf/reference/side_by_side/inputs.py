"""The weights, batches and noise that both sides of a comparison get."""

import keras
import numpy as np

from xvat_tf.reference.side_by_side.reference_weights import reference_names

_CLASSES = 10


def make_batches(
    rng: np.random.Generator, steps: int, batch: int, shape, dtype: str
) -> np.ndarray:
    """Random pictures of 4x4 patches and fine grain, in [-0.5, 0.5].

    Returns:
        `(steps, batch, *shape)` of `shape`, `(height, width, channels)`, whose
        sides are divisible by 4.
    """
    height, width, channels = shape
    coarse = rng.random((steps, batch, height // 4, width // 4, channels))
    patches = coarse.repeat(4, axis=2).repeat(4, axis=3)
    grain = rng.random(patches.shape)
    return (0.8 * patches + 0.2 * grain - 0.5).astype(dtype)


def make_labels(rng: np.random.Generator, steps: int, batch: int) -> np.ndarray:
    """Random class indices, int32, `(steps, batch)`."""
    return rng.integers(0, _CLASSES, (steps, batch)).astype(np.int32)


def make_weights(
    classifier: keras.Model, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """A classifier's weights by reference name, none of them special.

    Kernels stay as initialised; scales, offsets, biases and statistics move
    off their zeros and ones, where a wrong use of them would not show.
    """
    moves = {"_gamma": 0.2, "_beta": 0.1, "_mean": 0.1, "_b": 0.1}
    weights = {}
    for name, variable in reference_names(classifier).items():
        value = variable.numpy()
        for ending, size in moves.items():
            if name.endswith(ending):
                value = value + size * rng.standard_normal(value.shape)
        if name.endswith("_var"):
            value = 0.5 + rng.random(value.shape)
        weights[name] = value.astype(variable.dtype)
    return weights


def one_hot(labels: np.ndarray, dtype: str) -> np.ndarray:
    """`(..., classes)` of zeros and ones."""
    return np.eye(_CLASSES, dtype=dtype)[labels]
