"""The authors' PyTorch xVAT and this project side by side, on one batch."""

import pathlib

import numpy as np
import tensorflow as tf

from xvat_tf.methods import XVat
from xvat_tf.reference.programs import released_program
from xvat_tf.reference.side_by_side import inputs
from xvat_tf.reference.side_by_side.child_process import ChildProcess
from xvat_tf.reference.side_by_side.quantity import (
    Outcome,
    absolute,
    relative,
)
from xvat_tf.reference.xvat.our_side import OurSide
from xvat_tf.settings import Settings

_SHAPE = (28, 28, 1)
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
) -> Outcome:
    """Runs both sides, mlp and xvat, on the same weights, batch and noise.

    The interpreter has PyTorch; the child's files go to `scratch`.

    Raises:
        UserError: The program ended.
    """
    our_side = OurSide(settings, _SHAPE)
    arrays = make_inputs(our_side, settings)
    program = released_program(
        checkout,
        python,
        settings.network,
        _arguments(settings),
        arrays,
        dtype=settings.train.dtype,
        device="cpu",
    )
    with ChildProcess(program, scratch) as child:
        expected = child.measure()
    found = our_side.measure(arrays)
    return Outcome(_rows(found, expected, settings.train.dtype))


def make_inputs(our_side: OurSide, settings: Settings) -> dict[str, np.ndarray]:
    """Weights of both networks, which ours gets too, a batch and noise."""
    train = settings.train
    rng = np.random.default_rng(train.seed)
    images, unlabeled = (
        inputs.make_batches(rng, 1, size, _SHAPE, train.dtype)[0]
        for size in (train.batch_size, train.ul_batch_size)
    )
    like = tf.zeros((*unlabeled.shape[:3], 1), train.dtype)
    arrays = inputs.make_weights(our_side.classifier, rng) | {
        "images": images,
        "labels": inputs.make_labels(rng, 1, train.batch_size)[0],
        "unlabeled_images": unlabeled,
        "noise": our_side.noise(like),
    }
    inputs.assign(our_side.classifier, arrays)
    for i, variable in enumerate(our_side.generator.trainable_variables):
        arrays[f"generator/{i}"] = variable.numpy()
    arrays["table"] = arrays["generator/0"]
    return arrays


def _arguments(settings):
    """The settings by the program's names."""
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


def _rows(found, expected, dtype):
    bars = _BARS[dtype]
    rows = []
    for name in expected:
        kind, _, variable = name.partition("/")
        pair = (found[name], expected[name])
        if kind in _GROUPS:
            bar, group = bars["gradient"], _GROUPS[kind]
            rows.append(relative(variable, *pair, bar, group))
        elif expected[name].ndim == 0:
            rows.append(relative(name, *pair, bars["loss"]))
        else:
            rows.append(absolute(name, *pair, bars["mask"]))
    return rows
