"""Checks a checkout of a reference program before anything starts."""

import os
import pathlib
import subprocess

from xvat_tf.errors import UserError

_OFFICIAL = ("cnn.py", "layers.py", "train_semisup.py", "vat.py")
_RELEASED = (
    "ExpUtils.py",
    "Loss/IndL0VATOne.py",
    "Loss/L0Layer.py",
    "Loss/L0VATOne.py",
    "Loss/LocationGenerator.py",
    "Loss/VAT.py",
    "models/CNN.py",
    "models/GeneratorNN.py",
    "models/MLP.py",
    "torch_func/utils.py",
)


def official(folder: str, flag: str) -> pathlib.Path:
    """Finds a checkout of the official VAT, of which all files are there.

    Raises:
        UserError: Names the flag: no such folder, or a file is missing.
    """
    return _find(folder, flag, "takerum/vat_tf", _OFFICIAL)


def released(folder: str, python: str, flag: str) -> pathlib.Path:
    """Finds a checkout of the authors' PyTorch code, which must run.

    Raises:
        UserError: A file, the interpreter or PyTorch is missing.
    """
    path = _find(folder, flag, "sndnyang/xvat", _RELEASED)
    _require_pytorch(python)
    return path


def _find(folder, flag, repository, files):
    path = pathlib.Path(os.path.realpath(os.path.expanduser(folder)))
    if not path.is_dir():
        raise UserError(
            f"--{flag}={folder} is not a folder: give a checkout of"
            f" github.com/{repository}."
        )
    missing = [name for name in files if not (path / name).is_file()]
    if missing:
        raise UserError(
            f"--{flag}={folder} lacks {', '.join(missing)}: give a complete"
            f" checkout of github.com/{repository}."
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
