"""The reference programs: found in a checkout, and described to be started."""

import dataclasses
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping

import numpy as np

from xvat_tf.errors import UserError
from xvat_tf.networks import NETWORKS
from xvat_tf.settings import NetworkSettings

# Arguments of the released code at their defaults, but `layer` is 1 as all its
# scripts have it.
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
_PIXELS = 28 * 28


@dataclasses.dataclass(frozen=True)
class Program:
    """A reference program and what it is to compute with; nothing runs yet.

    The title names it in error lines. The module, of this package, calls
    `channel.serve`, which builds the program of the request. `ours` is the
    method, as the benchmark names it, beside which it is timed.
    """

    title: str
    module: str
    python: str
    request: Mapping
    inputs: Mapping[str, np.ndarray]
    ours: str = ""


def find_official(folder: str, flag: str) -> pathlib.Path:
    """Finds a checkout of the official VAT; a UserError names the flag."""
    return _find(folder, flag, "takerum/vat_tf", "train_semisup.py")


def find_released(folder: str, python: str, flag: str) -> pathlib.Path:
    """Finds a checkout of the authors' PyTorch code, which must run.

    A UserError says that it, the interpreter or PyTorch is missing.
    """
    path = _find(folder, flag, "sndnyang/xvat", "Loss/L0Layer.py")
    _require_pytorch(python)
    return path


def official_program(
    checkout: pathlib.Path,
    flags: Mapping,
    inputs: Mapping[str, np.ndarray],
    dtype: str = "float32",
) -> Program:
    """Describes the official VAT of a checkout that was found.

    Flags are by its names; the others have its own defaults. Inputs are
    `images`, one-hot `labels` and `unlabeled_images` with the steps as first
    axis; weights, `noise` and `dropout/...` where they are given. All its
    variables and constants have the dtype.
    """
    request = {"folder": str(checkout), "flags": dict(flags), "dtype": dtype}
    module = "xvat_tf.reference.vat_tf.child"
    title = "the official program"
    return Program(title, module, sys.executable, request, inputs)


def released_program(
    checkout: pathlib.Path,
    python: str,
    network: NetworkSettings,
    arguments: Mapping,
    inputs: Mapping[str, np.ndarray],
    **request,
) -> Program:
    """Describes the authors' PyTorch xVAT of a checkout that was found.

    The interpreter has PyTorch, the network is conv13, or an mlp for 28x28
    images. Arguments are by its names, the others have its defaults; the
    trainer is ce, vat, inl0 (inductive masks) or l0 (a table). Inputs are
    `images`, `labels`, `unlabeled_images`; weights and `noise` where they are
    given. The request may have a `dtype`, float32 without; a `device`, a GPU
    without, if there is one; `table_rows` and `table_optimizer` of a table that
    is not given.
    """
    if network.network == "mlp":
        sizes, known = network.hidden_sizes, NETWORKS["mlp"].released
        fixed = {given["hidden_sizes"]: arch for arch, given in known.items()}
        place = ["models.MLP", fixed.get(sizes, "MLP")]  # Its general one.
        data = {"dataset": "mnist", "layer_sizes": [_PIXELS, *sizes, 10]}
    else:
        place, data = ["models.CNN", "CNN9"], {"dataset": "svhn"}
    request |= {
        "folder": str(checkout),
        "network": place,
        "arguments": {**_ARGUMENTS, **data, **arguments},
    }
    module = "xvat_tf.reference.xvat.child"
    return Program("the PyTorch program", module, python, request, inputs)


def _find(folder, flag, repository, file):
    path = pathlib.Path(os.path.realpath(os.path.expanduser(folder)))
    if not (path / file).is_file():
        raise UserError(
            f"--{flag}={folder} has no {file}: give a checkout of"
            f" github.com/{repository}."
        )
    return path


def _require_pytorch(python):
    try:
        done = subprocess.run(
            [python, "-c", "import numpy, torch"],
            capture_output=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise UserError(
            f"--python={python} cannot be started ({error.strerror}): name a"
            " Python interpreter."
        ) from None
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise UserError(
            f"{python} cannot import NumPy and PyTorch, which the reference"
            f" program needs ({last}): pip install numpy torch, or name an"
            " interpreter that has them with --python."
        )
