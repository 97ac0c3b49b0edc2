"""Other parts of xvat: perceptrons, VAT and AT, its CNN, the moons."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from xvat_tf.models import build_classifier, build_generator
from xvat_tf.parity.golden import bars
from xvat_tf.parity.golden.conv13 import (
    assign_recipe,
    build_conv13,
    gradients_by_name,
    values_by_name,
)
from xvat_tf.parity.golden.perceptron import DIVERGENCES, build_perceptron
from xvat_tf.parity.golden.recorded_training import (
    make_batch,
    precision,
    recorded_step,
    tensor,
    unlabeled_loss,
)
from xvat_tf.parity.golden.schema import expand
from xvat_tf.parity.quantity import Quantity, relative
from xvat_tf.perturbations import (
    HardConcrete,
    InferencePasses,
    TrainingPasses,
    normalize,
)
from xvat_tf.settings import resolve
from xvat_tf.tags import CROSS_ENTROPY, ENTROPY, PERTURBED
from xvat_tf.training import OBJECTIVES

_ARRAYS = {
    "mlp_x": "m h w 1",
    "mlp_y": "m",
    "mlp_d": "m h w 1",
    "cnn_x": "n H W 3",
    "cnn_xu": "u H W 3",
    "cnn_y": "n",
    "cnn_u": "u H W 1",
    "cnn_gen_W": "3 3 3 1",
    "cnn_gen_b": "1",
    "syn_x": "s f",
    "syn_log_alpha": "s f",
    "syn_u": "s f",
    "vat_xi": "xi",
    "vat_k": "k",
    "syn_l1_W": "f hidden",
    "syn_l1_b": "hidden",
    "syn_l2_W": "hidden 2",
    "syn_l2_b": "2",
    "cnn_grad_names": "text g",
    "at_d_l2_f64": "m h w 1",
    "l2_normalize_f64": "r h w 1",
    "cnn_masked_f64": "u H W 3",
    "cnn_grad_fc_W_f64": "128 10",
    "syn_mask_f64": "s f",
}
SCHEMA = (
    _ARRAYS
    | expand(
        {"{k}": ""},
        k=(
            "mlp_seed",
            "cnn_seed",
            "cnn_lamb",
            "cnn_lamb2",
            "cnn_beta",
            "vat_eps",
            "at_eps",
            "syn_eps",
            "syn_lamb",
        ),
    )
    | expand(
        {
            "mlp_{size}_logits_{mode}_{T}": "m 10",
            "vat_lds_kl{K}_{T}": "xi k",
            "vat_r_kl{K}_f64": "m h w 1",
            "at_loss_{norm}_{T}": "",
            "cnn_logits_{mode}_{T}": "n 10",
            "cnn_{loss}_{T}": "",
            "cnn_grad_gen_W_{T}": "3 3 3 1",
            "cnn_grad_gen_b_{T}": "1",
            "cnn_grad_norms_{T}": "g",
            "cnn_conv_bias_grad_norms_{T}": "9",
            "cnn_{b}_{s}_{T}": "128",
            "syn_logits_{T}": "s 2",
            "syn_loss_kl{K}_{T}": "",
            "syn_grad_log_alpha_kl{K}_f64": "s f",
            "syn_grad_l1_W_kl{K}_f64": "f hidden",
        },
        size=("semi", "sup"),
        mode=("train", "eval", "eval_after"),
        norm=("l2", "sign"),
        loss=("ce", "ul"),
        b=("b1", "b9"),
        s=("mean", "var"),
        K=(0, 1),
    )
)
# The program normalises by |d| + 1e-10, vat_tf and we by
# sqrt(1e-6 + |d|^2) after a division by the largest entry: r differs in
# length by at most 5e-7.
_NORMALISATION = 1e-6
_CNN = {
    "bn_affine": False,
    "bn_epsilon": 2e-5,
    "bn_stats_decay_factor": 0.9,
}


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares in double precision.

    Args:
        arrays: Contents of xvat_torch_models.npz.

    Returns:
        Logits, losses, gradients, perturbations.
    """
    with precision("float64"):
        return [
            *_check_perceptrons(arrays),
            *_check_additive(arrays),
            *_check_cnn(arrays),
            *_check_plane(arrays),
        ]


def _check_perceptrons(arrays):
    for size in ("semi", "sup"):
        classifier = _perceptron(arrays, size)
        logits = _logits(classifier, tensor(arrays["mlp_x"]))
        for mode, value in logits.items():
            key = f"mlp_{size}_logits_{mode}"
            yield relative(key, value, arrays[f"{key}_f64"], bars.LOSS)


def _perceptron(arrays, size):
    shape = arrays["mlp_x"].shape[1:]
    supervised = size == "sup"
    return build_perceptron(shape, arrays["mlp_seed"], supervised=supervised)


def _logits(classifier, images):
    """Logits before, during and after one update of the statistics."""
    inference = InferencePasses(classifier)
    training = TrainingPasses(classifier, tf.GradientTape())
    found = {"eval": inference.stateful(images)}
    found["train"] = training.stateful(images)
    found["eval_after"] = inference.stateful(images)
    return found


def _check_additive(arrays):
    """VAT at every xi and number of iterations, AT in both norms."""
    unit = normalize(tensor(arrays["mlp_d"][: len(arrays["l2_normalize_f64"])]))
    expected = arrays["l2_normalize_f64"]
    yield relative("l2_normalize", unit, expected, _NORMALISATION)
    for i, xi in enumerate(arrays["vat_xi"].tolist()):
        for j, iterations in enumerate(arrays["vat_k"].tolist()):
            step = _vat_step(arrays, xi, iterations)
            bar = max(_NORMALISATION, bars.search_array(xi))
            name = f"xi={xi:g}, iterations={iterations}"
            # Cross entropy of the predictions is KL + entropy.
            found = step.values[PERTURBED] + step.values[ENTROPY]
            expected = arrays["vat_lds_kl0_f64"][i, j]
            yield relative(f"vat_lds_kl0 ({name})", found, expected, bar)
            if (xi, iterations) == (0.1, 1):
                r_vadv = step.perturbed_images - arrays["mlp_x"]
                expected = arrays["vat_r_kl0_f64"]
                yield relative("vat_r_kl0", r_vadv, expected, _NORMALISATION)
    for norm, name in (("l2", "l2"), ("linf", "sign")):
        step = _additive_step(
            arrays, method="at", norm=norm, epsilon=float(arrays["at_eps"])
        )
        key = f"at_loss_{name}"
        found = step.values[PERTURBED]
        yield relative(key, found, arrays[f"{key}_f64"], _NORMALISATION)
        if norm == "l2":
            r_adv = step.perturbed_images - arrays["mlp_x"]
            direction = r_adv / float(arrays["at_eps"])
            expected = arrays["at_d_l2_f64"]
            yield relative("at_d_l2", direction, expected, _NORMALISATION)


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
    return recorded_step(classifier, OBJECTIVES[method.method](method), batch)


def _check_cnn(arrays):
    """xVAT on the CNN with a colour generator."""
    classifier = build_conv13(arrays["cnn_x"].shape[1:], **_CNN)
    assign_recipe(classifier, arrays["cnn_seed"])
    inference = InferencePasses(classifier)
    images = tensor(arrays["cnn_x"])
    training = TrainingPasses(classifier, tf.GradientTape())
    found = {
        "logits_eval": inference.stateful(images),
        "logits_train": training.traceless(images),
    }
    objective = _cnn_objective(arrays)
    batch = make_batch(
        arrays["cnn_x"], arrays["cnn_y"], arrays["cnn_u"], arrays["cnn_xu"]
    )
    step = recorded_step(classifier, objective, batch)
    found["ce"] = step.values[CROSS_ENTROPY]
    found["ul"] = unlabeled_loss(step.values, objective)
    found["logits_eval_after"] = inference.stateful(images)
    statistics = values_by_name(classifier)
    for key in ("b1_mean", "b1_var", "b9_mean", "b9_var"):
        found[key] = statistics[key]
    for key, value in found.items():
        key = f"cnn_{key}"
        yield relative(key, value, arrays[f"{key}_f64"], bars.LOSS)
    yield from _check_cnn_gradients(arrays, classifier, step)


def _check_cnn_gradients(arrays, classifier, step):
    gradients = gradients_by_name(classifier, step)
    names = arrays["cnn_grad_names"].tolist()
    kernel, bias = step.generator_gradients
    for key, value in (
        ("grad_gen_W", kernel),
        ("grad_gen_b", bias),
        ("grad_norms", [np.linalg.norm(gradients[name]) for name in names]),
        ("grad_fc_W", gradients["fc_W"]),
        ("masked", step.perturbed_images),
    ):
        key = f"cnn_{key}"
        yield relative(key, value, arrays[f"{key}_f64"], bars.STORED)


def _cnn_objective(arrays):
    method = resolve(
        {
            "dataset": "svhn",
            "method": "xvat",
            "divergence": DIVERGENCES[1],
            "lambda_l0": float(arrays["cnn_lamb"]),
            "lambda_smooth": float(arrays["cnn_lamb2"]),
            "beta": float(arrays["cnn_beta"]),
        }
    ).method
    generator = build_generator(method, arrays["cnn_x"].shape[1:], 0, 0)
    for variable, key in zip(
        generator.trainable_variables, ("W", "b"), strict=True
    ):
        variable.assign(arrays[f"cnn_gen_{key}"])
    return OBJECTIVES["xvat"](method, generator)


def _check_plane(arrays):
    """xVAT on the network of the moons, a table entry per coordinate."""
    classifier = _plane_classifier(arrays)
    images = tensor(arrays["syn_x"])
    logits = InferencePasses(classifier).stateful(images)
    expected = arrays["syn_logits_f64"]
    yield relative("syn_logits", logits, expected, bars.LOSS)
    labels = np.zeros(len(arrays["syn_x"]), np.int32)
    batch = make_batch(arrays["syn_x"], labels, arrays["syn_u"])
    clean = recorded_step(
        classifier, OBJECTIVES["mle"](_plane_method(arrays, 0)), batch
    )
    path = classifier.trainable_variables[0].path
    for way in DIVERGENCES:
        objective = _plane_objective(arrays, way)
        step = recorded_step(classifier, objective, batch)
        # The recorded loss has no labels: without their part of ours.
        kernel = step.gradients[path] - clean.gradients[path]
        yield relative(
            f"syn_loss_kl{way}",
            unlabeled_loss(step.values, objective),
            arrays[f"syn_loss_kl{way}_f64"],
            bars.LOSS,
        )
        for key, value in (
            ("log_alpha", step.generator_gradients[0]),
            ("l1_W", kernel),
        ):
            key = f"syn_grad_{key}_kl{way}"
            yield relative(key, value, arrays[f"{key}_f64"], bars.STORED)
    mask = _plane_mask(arrays)
    yield relative("syn_mask", mask, arrays["syn_mask_f64"], bars.STORED)


def _plane_classifier(arrays):
    settings = resolve({"dataset": "moons"}).network
    classifier = build_classifier(settings, arrays["syn_x"].shape[1:], 2, 0)
    keys = ("syn_l1_W", "syn_l1_b", "syn_l2_W", "syn_l2_b")
    variables = classifier.trainable_variables
    for variable, key in zip(variables, keys, strict=True):
        variable.assign(arrays[key])
    return classifier


def _plane_method(arrays, way):
    return resolve(
        {
            "dataset": "moons",
            "method": "xvat",
            "mask_model": "transductive",
            "mask_gain": float(arrays["syn_eps"]),
            "lambda_l0": float(arrays["syn_lamb"]),
            "divergence": DIVERGENCES[way],
        }
    ).method


def _plane_objective(arrays, way):
    method = _plane_method(arrays, way)
    size, features = arrays["syn_log_alpha"].shape
    table = build_generator(method, (features,), size, 0)
    table.table.assign(arrays["syn_log_alpha"])
    return OBJECTIVES["xvat"](method, table)


def _plane_mask(arrays):
    method = _plane_method(arrays, 0)
    concrete = HardConcrete(method.beta, method.gamma, method.zeta)
    return concrete.sample_from_noise(
        tensor(arrays["syn_log_alpha"]), tensor(arrays["syn_u"])
    )
