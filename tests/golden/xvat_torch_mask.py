"""Hard concrete masks, what they cost, and masked images."""

import itertools
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tests.golden import bars
from tests.golden.recorded_training import precision, tensor
from xvat_tf.perturbations import (
    HardConcrete,
    apply_mask,
    per_example,
    roughness,
)
from xvat_tf.reference.side_by_side.quantity import Quantity, absolute, relative

_PICTURES = ("mnist", "cifar")
# Recorded gains; 0 is a special case of the program that we do not have.
_GAINS = (0, 1, 2)


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares in double and in single precision."""
    quantities = []
    for dtype in ("float64", "float32"):
        with precision(dtype):
            for picture, beta in itertools.product(_PICTURES, (0, 1)):
                found = _found(arrays, picture, float(arrays["betas"][beta]))
                quantities += _compare(
                    arrays, f"{picture}_beta{beta}", found, dtype
                )
    return quantities


def _compare(arrays, prefix, found, dtype):
    double = dtype == "float64"
    for key, value in found.items():
        name, expected = f"{prefix}_{key}", arrays[f"{prefix}_{key}_f64"]
        if expected.ndim:
            bar = bars.STORED if double else bars.SINGLE
            yield absolute(f"{name} ({dtype})", value, expected, bar)
        if not expected.ndim or (double and "grad" in key):
            bar = bars.SINGLE
            if double:
                bar = bars.STORED if expected.ndim else bars.LOSS
            yield relative(f"{name} ({dtype})", value, expected, bar)


def _found(arrays, picture, beta):
    concrete = HardConcrete(beta, float(arrays["gamma"]), float(arrays["zeta"]))
    log_alpha = tensor(arrays[f"{picture}_log_alpha"])
    noise = tensor(arrays[f"{picture}_u"])
    cotangent = tensor(arrays[f"{picture}_cotangent"])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(log_alpha)
        mask = concrete.sample_from_noise(log_alpha, noise)
        weighted = tf.reduce_sum(mask * cotangent)
        smooth = tf.reduce_mean(roughness(mask, concrete.threshold))
        cost = per_example(concrete.expected_l0(log_alpha), "mean")
        cost = tf.reduce_mean(cost)
    cost_gradient = tape.gradient(cost, log_alpha)
    smooth_mask = concrete.noise_free(log_alpha)
    images = tensor(arrays[f"{picture}_x"])
    return {
        "mask_train": mask,
        "mask_train_grad": tape.gradient(weighted, log_alpha),
        "mask_mean_train": tf.reduce_mean(mask),
        "mask_eval": smooth_mask,
        "l0_loss": cost,
        "l0_loss_grad_sum": tf.reduce_sum(cost_gradient),
        "l0_loss_grad_row": cost_gradient[0, 3],
        "smooth_loss_train": smooth,
        "smooth_loss_train_grad": tape.gradient(smooth, log_alpha),
        "smooth_loss_eval": tf.reduce_mean(
            roughness(smooth_mask, concrete.threshold)
        ),
        "const": concrete.threshold,
        **_masked(images, mask, "train"),
        **_masked(images, smooth_mask, "eval"),
    }


def _masked(images, mask, mode):
    found = {}
    for gain in _GAINS[1:]:
        masked = apply_mask(images, mask, float(gain))
        prefix = f"filtered_eps{gain}_{mode}"
        found[f"{prefix}_first"] = masked[0]
        found[f"{prefix}_sum"] = tf.reduce_sum(masked)
        found[f"{prefix}_sumsq"] = tf.reduce_sum(tf.square(masked))
    return found
