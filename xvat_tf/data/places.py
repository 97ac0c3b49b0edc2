"""Where prepared data sets lie."""

import os
import pathlib

from xvat_tf.settings import DataSettings


def data_folder(data_dir: str) -> pathlib.Path:
    """The folder that `--data_dir` names.

    The default stands for the place where tensorflow-datasets looks of itself:
    the variable TFDS_DATA_DIR, where it is set.
    """
    if data_dir == DataSettings.data_dir:
        data_dir = os.environ.get("TFDS_DATA_DIR") or data_dir
    return pathlib.Path(os.path.expanduser(data_dir))
