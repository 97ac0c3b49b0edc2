"""The authors' PyTorch xVAT (sndnyang/xvat) as a program to be started."""

import pathlib
from collections.abc import Mapping

import numpy as np

from xvat_tf.reference.side_by_side.child_process import Program

# Its arguments at their defaults, but `layer` is 1 as all its scripts have it.
_ARGUMENTS = {
    "layer": "1",
    "num_classes": 10,
    "lr": 0.001,
    "lr_a": 0.001,
    "alpha": 1,
    "eps": 1,
    "xi": 1e-6,
    "k": 1,
    "lamb": 1.0,
    "lamb2": 0.0,
    "zeta": 1.1,
    "beta": 0.66,
    "gamma": -0.1,
    "affine": False,
    "top_bn": False,
    "ent_min": False,
    "kl": 1,
    "drop": 0.5,
    "log_arg": "",
    "debug": False,
}
# Its networks of fixed sizes; other sizes take its general one.
_PERCEPTRONS = {(1200, 1200): "MLPSemi", (1200, 600, 300, 150): "MLPSup"}
_PIXELS = 28 * 28


def perceptron(hidden_sizes: tuple[int, ...]) -> dict:
    """What a request says of the network with these hidden layers."""
    return {
        "network": ["models.MLP", _PERCEPTRONS.get(hidden_sizes, "MLP")],
        "arguments": {
            "dataset": "mnist",
            "layer_sizes": [_PIXELS, *hidden_sizes, 10],
        },
    }


def convolutions() -> dict:
    """What a request says of its network for SVHN and CIFAR."""
    return {
        "network": ["models.CNN", "CNN9"],
        "arguments": {"dataset": "svhn"},
    }


def released_program(
    checkout: pathlib.Path,
    python: str,
    network: Mapping,
    arguments: Mapping,
    inputs: Mapping[str, np.ndarray],
    title: str = "the PyTorch program",
    **request,
) -> Program:
    """Describes the program.

    Args:
        checkout: Folder of the program, checked.
        python: Interpreter with PyTorch.
        network: `perceptron(...)` or `convolutions()`.
        arguments: By its names, `trainer` among them: ce, vat, inl0
            (inductive masks) or l0 (a table). The others have its defaults.
        inputs: `images`, `labels`, `unlabeled_images`; weights and `noise`
            where they are given.
        title: Name in error lines.
        **request: `dtype`, by default float32; `device`, by default a GPU
            where there is one; `table_rows` and `table_optimizer` of a table
            that is not given.
    """
    request |= {
        "folder": str(checkout),
        "network": network["network"],
        "arguments": _ARGUMENTS | network["arguments"] | dict(arguments),
    }
    module = "xvat_tf.reference.xvat.child"
    return Program(title, module, python, request, inputs)
