"""The reference programs' weights, by their names, in our classifiers."""

from collections.abc import Mapping

import keras
import numpy as np

_BATCH_NORM = {
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "mean",
    "moving_variance": "var",
}


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
    """Gives a classifier reference weights; more than it has are ignored.

    Raises:
        KeyError: A name is missing.
    """
    for name, variable in reference_names(classifier).items():
        variable.assign(weights[name])
