"""Checks a checkout of the official VAT before TensorFlow starts."""

import pathlib

from xvat_tf.parity.side_by_side.checkout import find

_FILES = ("cnn.py", "layers.py", "train_semisup.py", "vat.py")


def check(folder: str) -> pathlib.Path:
    """The checkout's path, once it holds the files that are run.

    Raises:
        UserError: No such folder, or a file is missing.
    """
    return find("vat_tf_dir", folder, "takerum/vat_tf", _FILES)
