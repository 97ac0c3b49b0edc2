"""The CNN of xvat: xVAT with a colour generator."""

import numpy as np
import tensorflow as tf

from tests.golden import bars
from tests.golden.conv13 import (
    assign_recipe,
    build_conv13,
    gradients_by_name,
    values_by_name,
)
from tests.golden.perceptron import DIVERGENCES
from tests.golden.recorded_training import (
    make_batch,
    recorded_step,
    relatives,
    tensor,
    unlabeled_loss,
)
from xvat_tf.models import build_generator
from xvat_tf.perturbations import InferencePasses, TrainingPasses
from xvat_tf.records.tags import CROSS_ENTROPY
from xvat_tf.settings import resolve
from xvat_tf.training import make_objective

_CNN = {
    "bn_affine": False,
    "bn_epsilon": 2e-5,
    "bn_stats_decay_factor": 0.9,
}


def check_convolutions(arrays):
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
    yield from relatives(arrays, "cnn_", found, bars.LOSS)
    found = _gradients(arrays, classifier, step)
    yield from relatives(arrays, "cnn_", found, bars.STORED)


def _gradients(arrays, classifier, step):
    gradients = gradients_by_name(classifier, step)
    names = arrays["cnn_grad_names"].tolist()
    kernel, bias = step.generator_gradients
    return {
        "grad_gen_W": kernel,
        "grad_gen_b": bias,
        "grad_norms": [np.linalg.norm(gradients[name]) for name in names],
        "grad_fc_W": gradients["fc_W"],
        "masked": step.perturbed_images,
    }


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
    return make_objective(method, generator)
