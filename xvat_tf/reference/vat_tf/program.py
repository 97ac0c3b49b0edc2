"""The official VAT (takerum/vat_tf) as a program that can be started."""

import pathlib
import sys
from collections.abc import Mapping

import numpy as np

from xvat_tf.reference.side_by_side.child_process import Program

IMAGE_SHAPE = (32, 32, 3)


def official_program(
    checkout: pathlib.Path,
    flags: Mapping,
    inputs: Mapping[str, np.ndarray],
    dtype: str = "float32",
    title: str = "the official program",
) -> Program:
    """Describes the program.

    Args:
        checkout: Folder of the program, checked.
        flags: By its names; the others have its own defaults.
        inputs: `images`, one-hot `labels` and `unlabeled_images` with the
            steps as first axis; weights, `noise` and `dropout/...` where they
            are given.
        dtype: Of all its variables and constants.
        title: Name in error lines.
    """
    request = {"folder": str(checkout), "flags": dict(flags), "dtype": dtype}
    module = "xvat_tf.reference.vat_tf.child"
    return Program(title, module, sys.executable, request, inputs)
