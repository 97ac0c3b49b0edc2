"""Checks a checkout of the PyTorch code, and that PyTorch is there."""

import pathlib
import subprocess

from xvat_tf.errors import UserError
from xvat_tf.reference.side_by_side.checkout import find

_FILES = (
    "ExpUtils.py",
    "Loss/IndL0VATOne.py",
    "Loss/L0Layer.py",
    "Loss/L0VATOne.py",
    "Loss/LocationGenerator.py",
    "models/GeneratorNN.py",
    "models/MLP.py",
    "torch_func/utils.py",
)


def check(
    folder: str,
    python: str,
    flag: str = "xvat_dir",
    more: tuple[str, ...] = (),
) -> pathlib.Path:
    """The checkout's path, once it can be run.

    Args:
        folder: As the user gave it.
        python: Interpreter that has PyTorch.
        flag: The folder's flag, for the error line.
        more: Files that must exist beside those of the comparison.

    Raises:
        UserError: A file, the interpreter or PyTorch is missing.
    """
    path = find(flag, folder, "sndnyang/xvat", (*_FILES, *more))
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
    return path
