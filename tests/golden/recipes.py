"""Weights of the recorded networks, made again from a seed with NumPy."""

import numpy as np

Weights = dict[str, np.ndarray]

CNN_SHAPES = {
    "c1_W": (3, 3, 3, 128),
    "c2_W": (3, 3, 128, 128),
    "c3_W": (3, 3, 128, 128),
    "c4_W": (3, 3, 128, 256),
    "c5_W": (3, 3, 256, 256),
    "c6_W": (3, 3, 256, 256),
    "c7_W": (3, 3, 256, 512),
    "c8_W": (1, 1, 512, 256),
    "c9_W": (1, 1, 256, 128),
    "fc_W": (128, 10),
}
_CLASSES = 10


def cnn_weights(
    seed: int, *, random_batch_norm: bool = False, top_bn: bool = False
) -> Weights:
    """Weights of the recorded conv13."""
    rng = np.random.RandomState(seed)
    weights = {k: _kernel(rng, shape) for k, shape in CNN_SHAPES.items()}
    sizes = {f"b{i}": CNN_SHAPES[f"c{i}_W"][-1] for i in range(1, 10)}
    if top_bn:
        sizes["bfc"] = _CLASSES
    draw = _random_batch_norm if random_batch_norm else _plain_batch_norm
    for name, size in sizes.items():
        weights |= {f"{name}_{k}": v for k, v in draw(rng, size).items()}
    bias = np.zeros(_CLASSES)
    if random_batch_norm:
        bias = 0.1 * rng.standard_normal(_CLASSES)
    weights["fc_b"] = bias
    return {name: value.astype(np.float32) for name, value in weights.items()}


def mlp_weights(seed: int, sizes: tuple[int, ...]) -> Weights:
    """Weights of a recorded multilayer perceptron."""
    rng = np.random.RandomState(seed)
    layers = len(sizes) - 1
    weights = {
        f"fc{i}_W": _kernel(rng, sizes[i - 1 : i + 1])
        for i in range(1, layers + 1)
    }
    weights[f"fc{layers}_b"] = np.zeros(sizes[-1], np.float32)
    for i in range(1, layers):
        weights[f"b{i}_mean"] = np.zeros(sizes[i], np.float32)
        weights[f"b{i}_var"] = np.ones(sizes[i], np.float32)
    return weights


def _kernel(rng, shape):
    """N(0, 2 / fan_in), the last axis being the outputs."""
    scale = np.sqrt(2.0 / np.prod(shape[:-1]))
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def _plain_batch_norm(rng, size):
    ones, zeros = np.ones(size), np.zeros(size)
    return {"gamma": ones, "beta": zeros, "mean": zeros, "var": ones}


def _random_batch_norm(rng, size):
    return {
        "gamma": 1 + 0.2 * rng.standard_normal(size),
        "beta": 0.1 * rng.standard_normal(size),
        "mean": 0.1 * rng.standard_normal(size),
        "var": 0.5 + rng.random_sample(size),
    }
