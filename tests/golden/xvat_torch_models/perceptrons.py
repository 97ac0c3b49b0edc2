"""The perceptrons of xvat: logits, additive VAT and AT."""

import itertools

import tensorflow as tf

from tests.golden import bars
from tests.golden.perceptron import build_perceptron
from tests.golden.recorded_training import (
    make_batch,
    recorded_step,
    relatives,
    tensor,
)
from xvat_tf.perturbations import InferencePasses, TrainingPasses, normalize
from xvat_tf.records.tags import ENTROPY, PERTURBED
from xvat_tf.reference.side_by_side.quantity import relative
from xvat_tf.settings import resolve
from xvat_tf.training import make_objective

# The program normalises by |d| + 1e-10, vat_tf and we by
# sqrt(1e-6 + |d|^2) after a division by the largest entry: r differs in
# length by at most 5e-7.
_NORMALISATION = 1e-6


def check_perceptrons(arrays):
    """Logits of both sizes, before, during and after one update."""
    for size in ("semi", "sup"):
        classifier = _perceptron(arrays, size)
        logits = _logits(classifier, tensor(arrays["mlp_x"]))
        yield from relatives(arrays, f"mlp_{size}_logits_", logits, bars.LOSS)


def _perceptron(arrays, size):
    shape = arrays["mlp_x"].shape[1:]
    supervised = size == "sup"
    return build_perceptron(shape, arrays["mlp_seed"], supervised=supervised)


def _logits(classifier, images):
    inference = InferencePasses(classifier)
    training = TrainingPasses(classifier, tf.GradientTape())
    found = {"eval": inference.stateful(images)}
    found["train"] = training.stateful(images)
    found["eval_after"] = inference.stateful(images)
    return found


def check_additive(arrays):
    """VAT at every xi and number of iterations, AT in both norms."""
    unit = normalize(tensor(arrays["mlp_d"][: len(arrays["l2_normalize_f64"])]))
    yield from relatives(arrays, "l2_", {"normalize": unit}, _NORMALISATION)
    yield from _check_vat(arrays)
    yield from _check_at(arrays)


def _check_vat(arrays):
    points = itertools.product(
        enumerate(arrays["vat_xi"].tolist()),
        enumerate(arrays["vat_k"].tolist()),
    )
    for (i, xi), (j, iterations) in points:
        step = _vat_step(arrays, xi, iterations)
        bar = max(_NORMALISATION, bars.search_array(xi))
        # Cross entropy of the predictions is KL + entropy.
        found = step.values[PERTURBED] + step.values[ENTROPY]
        expected = arrays["vat_lds_kl0_f64"][i, j]
        name = f"vat_lds_kl0 (xi={xi:g}, iterations={iterations})"
        yield relative(name, found, expected, bar)
        if (xi, iterations) == (0.1, 1):
            r_vadv = step.perturbed_images - arrays["mlp_x"]
            found = {"r_kl0": r_vadv}
            yield from relatives(arrays, "vat_", found, _NORMALISATION)


def _check_at(arrays):
    epsilon = float(arrays["at_eps"])
    for norm, name in (("l2", "l2"), ("linf", "sign")):
        step = _additive_step(arrays, method="at", norm=norm, epsilon=epsilon)
        found = {f"loss_{name}": step.values[PERTURBED]}
        if norm == "l2":
            r = step.perturbed_images - arrays["mlp_x"]
            found["d_l2"] = r / epsilon
        yield from relatives(arrays, "at_", found, _NORMALISATION)


def _vat_step(arrays, xi, iterations):
    return _additive_step(
        arrays,
        method="vatent",
        xi=xi,
        num_power_iterations=iterations,
        epsilon=float(arrays["vat_eps"]),
    )


def _additive_step(arrays, **given):
    method = resolve({"dataset": "mnist", **given}).method
    batch = make_batch(arrays["mlp_x"], arrays["mlp_y"], arrays["mlp_d"])
    classifier = _perceptron(arrays, "sup")
    return recorded_step(classifier, make_objective(method), batch)
