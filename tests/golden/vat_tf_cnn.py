"""Logits and moving statistics of conv13."""

import itertools
from collections.abc import Iterable, Mapping

import keras
import numpy as np
import tensorflow as tf

from tests.golden import bars, recipes
from tests.golden.conv13 import assign_recipe, build_conv13, values_by_name
from tests.golden.recorded_training import precision, tensor
from xvat_tf.perturbations import InferencePasses, TrainingPasses
from xvat_tf.reference.side_by_side.quantity import Quantity, absolute, relative

_KINDS = [
    *itertools.product(("float64", "float32"), (False, True), (False, True))
]
# Absolute; the logits are about 1.
_SINGLE = 1e-4


def check(
    arrays: Mapping[str, np.ndarray], kinds: Iterable = _KINDS
) -> list[Quantity]:
    """Compares four networks in double and in single precision.

    A kind: type, whether the logits have a batch norm, whether those are
    random.
    """
    quantities = list(_check_probe(arrays))
    for dtype, top_bn, rand in kinds:
        with precision(dtype):
            quantities += _check_case(arrays, top_bn, rand, dtype)
    return quantities


def _check_probe(arrays):
    weights = recipes.cnn_weights(int(arrays["weights_seed"]))
    kernels = [weights[name] for name in arrays["weights_probe_names"]]
    first = [kernel.flat[0] for kernel in kernels]
    norms = [np.linalg.norm(kernel.astype(np.float64)) for kernel in kernels]
    yield relative(
        "weights_probe_first", first, arrays["weights_probe_first"], bars.STORED
    )
    yield relative(
        "weights_probe_norm", norms, arrays["weights_probe_norm"], bars.STORED
    )


def _check_case(arrays, top_bn, random_batch_norm, dtype):
    bar = bars.LOSS if dtype == "float64" else _SINGLE
    case = f"topbn{int(top_bn)}_bnrandom{int(random_batch_norm)}"
    classifier = build_conv13(
        arrays["x"].shape[1:],
        top_bn=top_bn,
        bn_stats_decay_factor=float(arrays["bn_decay"]),
        lrelu_a=float(arrays["lrelu_slope"]),
    )
    assign_recipe(
        classifier,
        arrays["weights_seed"],
        random_batch_norm=random_batch_norm,
        top_bn=top_bn,
    )
    found, stored = _pass_results(classifier, tensor(arrays["x"]))
    for key, value in found.items():
        name = f"{case}_{key}"
        if f"{name}_f64" in arrays:
            yield absolute(
                f"{name} ({dtype})", value, arrays[f"{name}_f64"], bar
            )
    for key, value in stored.items():
        name = f"{case}_{key}_unchanged_f32"
        if name in arrays:
            yield relative(
                f"{name} ({dtype})", value, arrays[name], bars.STORED
            )


def _pass_results(classifier: keras.Model, images: tf.Tensor):
    """Logits and statistics after the update, and without it."""
    inference = InferencePasses(classifier)
    training = TrainingPasses(classifier, tf.GradientTape())
    found = {
        "logits_eval": inference.stateful(images),
        "logits_train": training.traceless(images),
    }
    unchanged = values_by_name(classifier)
    training.stateful(images)
    found["logits_eval_after_update"] = inference.stateful(images)
    for name, value in values_by_name(classifier).items():
        found[f"{name}_after"] = value
    return found, unchanged
