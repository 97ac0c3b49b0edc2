"""Losses on given logits and the normalisation of perturbations."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tests.golden import bars
from tests.golden.recorded_training import precision, tensor
from xvat_tf import perturbations
from xvat_tf.methods import Mle
from xvat_tf.models.blocks import LeakyReLU
from xvat_tf.records.tags import ACCURACY
from xvat_tf.reference.side_by_side.quantity import Quantity, absolute, relative
from xvat_tf.settings import resolve
from xvat_tf.training import make_objective

_KL_SELF = {"float64": bars.LOSS, "float32": 1e-6}


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares in double and in single precision."""
    return [
        quantity
        for dtype, bar in (("float64", bars.LOSS), ("float32", bars.SINGLE))
        for quantity in _check_in(arrays, dtype, bar)
    ]


def _check_in(arrays, dtype, bar):
    with precision(dtype):
        found = _on_logits(arrays) | _on_extremes(arrays) | _others(arrays)
    for key, value in found.items():
        expected = arrays[f"{key}_f64"]
        name = f"{key} ({dtype})"
        if key == "kl_self":
            yield absolute(name, value, expected, _KL_SELF[dtype])
        else:
            yield relative(name, value, expected, bar)


def _on_logits(arrays):
    q, p = tensor(arrays["q_logit"]), tensor(arrays["p_logit"])
    labels = tf.constant(arrays["label"])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([q, p])
        kl = _mean(perturbations.divergence(q, p, "kl_clean_perturbed"))
        entropy = _mean(perturbations.entropy(q))
    mle = make_objective(Mle())
    return {
        "kl": kl,
        "kl_reverse": _mean(
            perturbations.divergence(q, p, "kl_perturbed_clean")
        ),
        "kl_self": _mean(perturbations.divergence(q, q, "kl_clean_perturbed")),
        "entropy": entropy,
        "ce": _mean(perturbations.cross_entropy(labels, q)),
        "accuracy": _mean(mle.clean_values({"labels": labels}, q)[ACCURACY]),
        "logsoftmax": _log_softmax(q),
        "kl_grad_p": tape.gradient(kl, p),
        "entropy_grad": tape.gradient(entropy, q),
    }


def _on_extremes(arrays):
    q = tensor(arrays["q_logit_extreme"])
    p = tensor(arrays["p_logit_extreme"])
    labels = tf.constant(arrays["label_extreme"])
    kl = perturbations.divergence(q, p, "kl_clean_perturbed")
    entropy = perturbations.entropy(q)
    return {
        "kl_extreme": _mean(kl),
        "kl_extreme_rows": kl,
        "entropy_extreme": _mean(entropy),
        "entropy_extreme_rows": entropy,
        "ce_extreme": _mean(perturbations.cross_entropy(labels, p)),
        "logsoftmax_extreme": _log_softmax(q),
    }


def _others(arrays):
    slope = resolve({"dataset": "svhn"}).network.lrelu_a
    two = perturbations.entropy(tensor(arrays["q_logit_two"]))
    return {
        "entropy_two": _mean(two),
        "lrelu": LeakyReLU(slope)(tensor(arrays["q_logit"])),
        "normalized4": perturbations.normalize(tensor(arrays["d4"])),
        "normalized2": perturbations.normalize(tensor(arrays["d2"])),
    }


def _mean(values):
    return tf.reduce_mean(values)


def _log_softmax(logits):
    """Minus the cross entropy of every class in turn."""
    size = tf.shape(logits)[0]
    columns = [
        -perturbations.cross_entropy(tf.fill([size], k), logits)
        for k in range(logits.shape[1])
    ]
    return tf.stack(columns, axis=1)
