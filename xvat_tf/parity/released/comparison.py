"""The authors' PyTorch xVAT and this project side by side, on one batch."""

import pathlib

import numpy as np
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.parity import reference_weights
from xvat_tf.parity.official import inputs as made
from xvat_tf.parity.official.our_side import recorded_gradients
from xvat_tf.parity.quantity import absolute, relative
from xvat_tf.parity.side_by_side.child_process import ChildProcess
from xvat_tf.parity.side_by_side.rows import Row, row
from xvat_tf.settings import Settings
from xvat_tf.tags import CROSS_ENTROPY, EXPECTED_L0, TOTAL
from xvat_tf.training import schedules
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import OBJECTIVES
from xvat_tf.training.trainer import Trainer

_CHILD = "xvat_tf.parity.released.child"
_SHAPE = (28, 28, 1)
_CLASSES = 10
_KL_WAYS = {"kl_perturbed_clean": 1, "cross_entropy": 0}
# Losses relative, the others relative in the L2 norm, masks absolute.
_BARS = {
    "float64": {"loss": 1e-9, "gradient": 1e-6, "mask": 1e-6},
    "float32": {"loss": 1e-5, "gradient": 1e-4, "mask": 2e-5},
}


def compare(
    checkout: pathlib.Path,
    settings: Settings,
    python: str,
    scratch: pathlib.Path,
) -> list[Row]:
    """Runs both sides on the same weights, batch and noise.

    Args:
        checkout: Folder of the PyTorch program.
        settings: Network mlp, method xvat.
        python: Interpreter with PyTorch.
        scratch: Empty folder for the child's files.

    Returns:
        A row for every compared quantity.

    Raises:
        UserError: The program ended.
    """
    network = settings.network
    classifier = build_classifier(
        network, _SHAPE, _CLASSES, settings.train.seed
    )
    generator = build_generator(
        settings.method, _SHAPE, settings.train.ul_batch_size, 1
    )
    arrays = _make_inputs(classifier, generator, settings)
    np.savez(scratch / "inputs.npz", **arrays)
    with ChildProcess(_CHILD, python, scratch, "the PyTorch program") as child:
        child.ask(
            "measure",
            folder=str(checkout),
            arguments=_arguments(settings),
            transductive=settings.method.mask_model == "transductive",
            kl_way=_KL_WAYS[settings.method.divergence],
            dtype=settings.train.dtype,
            inputs=str(scratch / "inputs.npz"),
            outputs=str(scratch / "theirs.npz"),
        )
    found = _measure(classifier, generator, arrays, settings)
    expected = dict(np.load(scratch / "theirs.npz"))
    return _rows(found, expected, _BARS[settings.train.dtype])


def _make_inputs(classifier, generator, settings):
    train = settings.train
    rng = np.random.default_rng(train.seed)
    images, unlabeled = (
        made.make_batches(rng, 1, size, _SHAPE, train.dtype)[0]
        for size in (train.batch_size, train.ul_batch_size)
    )
    like = tf.zeros((*unlabeled.shape[:3], 1), train.dtype)
    arrays = made.make_weights(classifier, rng) | {
        "images": images,
        "labels": made.make_labels(rng, 1, train.batch_size)[0],
        "unlabeled_images": unlabeled,
        "noise": StepNoise(train.seed, 0).uniform(like).numpy(),
    }
    reference_weights.assign(classifier, arrays)
    for i, variable in enumerate(generator.trainable_variables):
        arrays[f"generator/{i}"] = variable.numpy()
    arrays["table"] = arrays["generator/0"]
    return arrays


def _arguments(settings):
    """The settings by the program's names."""
    method = settings.method
    return {
        "dataset": "mnist",
        "trainer": "inl0",
        "log_arg": "",
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
        "ent_min": False,
    }


def _measure(classifier, generator, arrays, settings):
    method, train = settings.method, settings.train
    trainer = Trainer(
        classifier,
        OBJECTIVES[method.method](method, generator),
        schedules.classifier_optimizer(train),
        schedules.generator_optimizer(
            method.mask_model, method.generator_learning_rate
        ),
        seed=train.seed,
    )
    unlabeled = tf.constant(arrays["unlabeled_images"])
    rows = tf.range(train.ul_batch_size)
    batch = {
        "images": tf.constant(arrays["images"]),
        "labels": tf.constant(arrays["labels"]),
        "indices": tf.range(train.batch_size),
        "unlabeled_images": unlabeled,
        "unlabeled_indices": rows,
    }
    values, (down, up) = recorded_gradients(trainer, batch)
    concrete = perturbations.HardConcrete(
        method.beta, method.gamma, method.zeta
    )
    log_alpha = generator(unlabeled, rows)
    mask = concrete.sample_from_noise(log_alpha, arrays["noise"])
    masked = perturbations.apply_mask(unlabeled, mask, method.mask_gain)
    roughness = perturbations.roughness(mask, concrete.threshold)
    found = {
        "log_alpha": log_alpha,
        "mask": mask,
        "masked images": masked,
        "cross entropy": values[CROSS_ENTROPY],
        "L0": values[EXPECTED_L0],
        "smoothness": tf.reduce_mean(roughness),
        "total loss": values[TOTAL],
    }
    variables = reference_weights.reference_names(classifier)
    names = {id(variable): name for name, variable in variables.items()}
    for variable, gradient in zip(
        classifier.trainable_variables, down, strict=True
    ):
        found[f"gradient/{names[id(variable)]}"] = gradient
    for i, gradient in enumerate(up):
        found[f"generator/{i}"] = -tf.convert_to_tensor(gradient)
    for name, variable in variables.items():
        if name.endswith(("_mean", "_var")):
            found[f"statistic/{name}"] = variable.value
    return {name: np.asarray(value) for name, value in found.items()}


def _rows(found, expected, bars):
    rows = []
    groups = {
        "gradient": ("gradients of the classifier", relative, "gradient"),
        "generator": ("gradients of the generator", relative, "gradient"),
        "statistic": ("batch-norm statistics", relative, "gradient"),
    }
    for name in expected:
        kind, _, variable = name.partition("/")
        pair = (found[name], expected[name])
        if kind in groups:
            group, measure, bar = groups[kind]
            rows.append(row(measure, variable, *pair, bars[bar], group))
        elif expected[name].ndim == 0:
            rows.append(row(relative, name, *pair, bars["loss"]))
        else:
            rows.append(row(absolute, name, *pair, bars["mask"]))
    return rows
