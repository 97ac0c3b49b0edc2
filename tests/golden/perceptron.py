"""The recorded perceptrons of xvat, and settings under its names."""

import functools
from collections.abc import Mapping

import keras
import numpy as np

from tests.golden import recipes
from xvat_tf.models import build_classifier
from xvat_tf.reference.side_by_side.inputs import assign
from xvat_tf.settings import resolve

_CLASSES = 10
# The program's `kl_way`.
DIVERGENCES = {1: "kl_perturbed_clean", 0: "cross_entropy"}


def build_perceptron(
    image_shape: tuple[int, ...],
    seed,
    arrays: Mapping[str, np.ndarray] | None = None,
    **given,
) -> keras.Model:
    """The project's MNIST network with recorded weights.

    Those of equal settings are one network, begun anew by each call.
    """
    values = {"dataset": "mnist", **given}
    if arrays is not None:
        values["bn_epsilon"] = float(arrays["bn_eps"])
        values["bn_stats_decay_factor"] = 1 - float(arrays["bn_momentum"])
    network = resolve(values).network
    classifier = _build(network, image_shape, keras.config.floatx())
    sizes = (int(np.prod(image_shape)), *network.hidden_sizes, _CLASSES)
    assign(classifier, recipes.mlp_weights(int(seed), sizes))
    return classifier


@functools.cache
def _build(network, image_shape, dtype):
    """Building takes longer than the steps; `dtype` is in force."""
    return build_classifier(network, image_shape, _CLASSES, 0)


def mask_values(arrays: Mapping[str, np.ndarray], case: str) -> dict:
    """Settings of a recorded case under our names."""
    smooth = arrays.get(f"{case}_lamb2", 0.0)
    values = {
        "dataset": "mnist",
        "method": "xvat",
        "eta": float(arrays[f"{case}_alpha"]),
        "lambda_l0": float(arrays[f"{case}_lamb"]),
        "lambda_smooth": float(smooth),
        "mask_gain": float(arrays[f"{case}_eps"]),
        "beta": float(arrays[f"{case}_beta"]),
        "gamma": float(arrays["gamma"]),
        "zeta": float(arrays["zeta"]),
    }
    way = arrays.get(f"{case}_kl_way")
    if way is not None:
        values["divergence"] = DIVERGENCES[int(way)]
    return values
