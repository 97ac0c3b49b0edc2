"""The authors' PyTorch xVAT and this project side by side, on one batch."""

import pathlib

import numpy as np
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.methods import XVat
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.records.tags import CROSS_ENTROPY, EXPECTED_L0, TOTAL
from xvat_tf.reference.programs import released_program
from xvat_tf.reference.side_by_side import inputs
from xvat_tf.reference.side_by_side.child_process import ChildProcess
from xvat_tf.reference.side_by_side.gradient_step import (
    gradient_step,
    make_batch,
)
from xvat_tf.reference.side_by_side.quantity import (
    Quantity,
    absolute,
    relative,
)
from xvat_tf.settings import Settings
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import make_objective

_SHAPE = (28, 28, 1)
_CLASSES = 10
_TRAINERS = {
    options["mask_model"]: name for name, options in XVat.released.items()
}
_KL_WAYS = {"kl_perturbed_clean": 1, "cross_entropy": 0}
# Losses relative, the others relative in the L2 norm, masks absolute.
_BARS = {
    "float64": {"loss": 1e-9, "gradient": 1e-6, "mask": 1e-6},
    "float32": {"loss": 2e-5, "gradient": 1e-4, "mask": 2e-5},
}
_GROUPS = {
    "gradient": "gradients of the classifier",
    "generator": "gradients of the generator",
    "statistic": "batch-norm statistics",
}


def compare(
    checkout: pathlib.Path,
    settings: Settings,
    python: str,
    scratch: pathlib.Path,
) -> tuple[list[Quantity], dict]:
    """Runs both sides, mlp and xvat, on the same weights, batch and noise.

    The interpreter has PyTorch; the child's files go to `scratch`. Gives what
    was compared, and no times. A UserError says that the program ended.
    """
    method, train = settings.method, settings.train
    classifier = build_classifier(
        settings.network, _SHAPE, _CLASSES, train.seed
    )
    generator = build_generator(method, _SHAPE, train.ul_batch_size, 1)
    arrays = _make_inputs(classifier, generator, train)
    program = released_program(
        checkout,
        python,
        settings.network,
        _arguments(settings),
        arrays,
        dtype=train.dtype,
        device="cpu",
    )
    with ChildProcess(program, scratch) as child:
        expected = child.measure()
    found = _masks(generator, method, arrays)
    found |= _step(classifier, make_objective(method, generator), train, arrays)
    return _rows(found, expected, train.dtype), {}


def _make_inputs(classifier, generator, train):
    """Weights of both networks, which ours gets too, a batch and noise."""
    rng = np.random.default_rng(train.seed)
    images, unlabeled = (
        inputs.make_batches(rng, 1, size, _SHAPE, train.dtype)[0]
        for size in (train.batch_size, train.ul_batch_size)
    )
    like = tf.zeros((*unlabeled.shape[:3], 1), train.dtype)
    arrays = inputs.make_weights(classifier, rng) | {
        "images": images,
        "labels": inputs.make_labels(rng, 1, train.batch_size)[0],
        "unlabeled_images": unlabeled,
        "noise": StepNoise(train.seed, 0).uniform(like).numpy(),
    }
    inputs.assign(classifier, arrays)
    for i, variable in enumerate(generator.trainable_variables):
        arrays[f"generator/{i}"] = variable.numpy()
    arrays["table"] = arrays["generator/0"]
    return arrays


def _arguments(settings):
    method = settings.method
    return {
        "trainer": _TRAINERS[method.mask_model],
        "layer": str(method.generator_layers),
        "alpha": method.eta,
        "eps": method.mask_gain,
        "lamb": method.lambda_l0,
        "lamb2": method.lambda_smooth,
        "beta": method.beta,
        "gamma": method.gamma,
        "zeta": method.zeta,
        "affine": settings.network.bn_affine,
        "top_bn": settings.network.top_bn,
        "kl": _KL_WAYS[method.divergence],
    }


def _masks(generator, method, arrays):
    concrete = perturbations.HardConcrete(
        method.beta, method.gamma, method.zeta
    )
    images = tf.constant(arrays["unlabeled_images"])
    log_alpha = generator(images, tf.range(len(images)))
    mask = concrete.sample_from_noise(log_alpha, arrays["noise"])
    masked = perturbations.apply_mask(images, mask, method.mask_gain)
    roughness = perturbations.roughness(mask, concrete.threshold)
    return {
        "log_alpha": log_alpha,
        "mask": mask,
        "masked images": masked,
        "smoothness": tf.reduce_mean(roughness),
    }


def _step(classifier, objective, train, arrays):
    """Losses, gradients and statistics of our step, by the child's names."""
    names = ("images", "labels", "unlabeled_images")
    batch = make_batch(*(arrays[name] for name in names))
    step = gradient_step(classifier, objective, batch, train.seed)
    found = {
        "cross entropy": step.values[CROSS_ENTROPY],
        "L0": step.values[EXPECTED_L0],
        "total loss": step.values[TOTAL],
    }
    for i, gradient in enumerate(step.generator_gradients):
        found[f"generator/{i}"] = gradient
    return found | inputs.named_results(classifier, step.gradients)


def _rows(found, expected, dtype):
    bars, rows = _BARS[dtype], []
    for name, value in expected.items():
        kind, _, variable = name.partition("/")
        if kind in _GROUPS:
            bar, group = bars["gradient"], _GROUPS[kind]
            rows.append(relative(variable, found[name], value, bar, group))
        elif value.ndim == 0:
            rows.append(relative(name, found[name], value, bars["loss"]))
        else:
            rows.append(absolute(name, found[name], value, bars["mask"]))
    return rows
