"""The weights, batches and noise that both sides of a comparison get."""

from collections.abc import Mapping

import keras
import numpy as np

_CLASSES = 10
_BATCH_NORM = {
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "mean",
    "moving_variance": "var",
}


def make_batches(
    rng: np.random.Generator, steps: int, batch: int, shape, dtype: str
) -> np.ndarray:
    """Random pictures of 4x4 patches and fine grain, in [-0.5, 0.5].

    `(steps, batch, height, width, channels)`, whose sides are divisible by 4.
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


def reference_names(classifier: keras.Model) -> dict[str, keras.Variable]:
    """Variables of a classifier, in order, by the reference programs' names.

    Convolutions are `c1_W` ... `c9_W`, hidden dense layers `fc1_W` ..., the
    last layer `fc_W`, `fc_b` of conv13 (`fcN_W`, `fcN_b` of an MLP with N
    layers); batch norms are `b1_gamma`, `b1_beta`, `b1_mean`, `b1_var` ...
    and `bfc_*` on the logits.
    """
    found = {}
    hidden = sum(layer.name.startswith("dense") for layer in classifier.layers)
    last = f"fc{hidden + 1}" if hidden else "fc"
    for layer in classifier.layers:
        prefix = (
            layer.name.replace("conv", "c")
            .replace("dense", "fc")
            .replace("top_bn", "bfc")
            .replace("logits", last)
            .replace("bn", "b")
        )
        for variable in layer.variables:
            if variable.name in _BATCH_NORM:
                found[f"{prefix}_{_BATCH_NORM[variable.name]}"] = variable
            elif variable.name in ("kernel", "bias"):
                suffix = "W" if variable.name == "kernel" else "b"
                found[f"{prefix}_{suffix}"] = variable
    return found


def named_results(
    classifier: keras.Model, gradients: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What a step left: `gradient/NAME`, by path, and `statistic/NAME`."""
    found = {}
    for name, variable in reference_names(classifier).items():
        if variable.path in gradients:
            found[f"gradient/{name}"] = gradients[variable.path]
        else:
            found[f"statistic/{name}"] = variable.numpy()
    return found


def assign(classifier: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Gives a classifier reference weights; more than it has are ignored."""
    for name, variable in reference_names(classifier).items():
        variable.assign(weights[name])
