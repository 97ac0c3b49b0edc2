"""Checks a checkout of the official VAT before TensorFlow starts."""

import pathlib

from xvat_tf.reference.side_by_side.checkout import find

_FILES = ("cnn.py", "layers.py", "train_semisup.py", "vat.py")


def check(folder: str, flag: str = "vat_tf_dir") -> pathlib.Path:
    """The checkout's path, once it holds the files that are run.

    Args:
        folder: As the user gave it.
        flag: Its flag, for the error line.

    Raises:
        UserError: No such folder, or a file is missing.
    """
    return find(flag, folder, "takerum/vat_tf", _FILES)
