"""The network of the moons: xVAT, a table entry per coordinate."""

import numpy as np

from tests.golden import bars
from tests.golden.perceptron import DIVERGENCES
from tests.golden.recorded_training import (
    make_batch,
    recorded_step,
    relatives,
    tensor,
    unlabeled_loss,
)
from xvat_tf.methods import Mle
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.perturbations import HardConcrete, InferencePasses
from xvat_tf.settings import resolve
from xvat_tf.training import make_objective


def check_plane(arrays):
    """xVAT on the network of the moons, a table entry per coordinate."""
    classifier = _plane_classifier(arrays)
    images = tensor(arrays["syn_x"])
    logits = InferencePasses(classifier).stateful(images)
    yield from relatives(arrays, "syn_", {"logits": logits}, bars.LOSS)
    labels = np.zeros(len(arrays["syn_x"]), np.int32)
    batch = make_batch(arrays["syn_x"], labels, arrays["syn_u"])
    clean = recorded_step(classifier, make_objective(Mle()), batch)
    path = classifier.trainable_variables[0].path
    for way in DIVERGENCES:
        objective = _plane_objective(arrays, way)
        step = recorded_step(classifier, objective, batch)
        # The recorded loss has no labels: without their part of ours.
        kernel = step.gradients[path] - clean.gradients[path]
        loss = {f"loss_kl{way}": unlabeled_loss(step.values, objective)}
        yield from relatives(arrays, "syn_", loss, bars.LOSS)
        found = {
            f"grad_log_alpha_kl{way}": step.generator_gradients[0],
            f"grad_l1_W_kl{way}": kernel,
        }
        yield from relatives(arrays, "syn_", found, bars.STORED)
    found = {"mask": _plane_mask(arrays)}
    yield from relatives(arrays, "syn_", found, bars.STORED)


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
    return make_objective(method, table)


def _plane_mask(arrays):
    method = _plane_method(arrays, 0)
    concrete = HardConcrete(method.beta, method.gamma, method.zeta)
    return concrete.sample_from_noise(
        tensor(arrays["syn_log_alpha"]), tensor(arrays["syn_u"])
    )
