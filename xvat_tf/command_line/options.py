"""Flags of a command that are no settings of a run."""

import dataclasses
import sys

from xvat_tf.option import Option
from xvat_tf.settings import groups

CHECKPOINT = Option(
    str,
    "latest",
    "latest, or best, the one with the best evaluation during training. best"
    " was selected on the evaluation images, so report latest.",
    choices=("latest", "best"),
)
WEIGHTS = Option(
    str,
    None,
    "raw, or averaged for a run with --ema_decay.",
    choices=("raw", "averaged"),
    shown="averaged for mean_teacher, else raw",
)
DATA_DIR = Option(
    str,
    None,
    "Folder of prepared tensorflow-datasets.",
    shown=groups.DATA_DIR_DEFAULT,
    path=True,
)
# Where the data of a run lie now.
DATA_PLACES = {
    name: Option(
        str,
        None,
        f"{what}, if it has moved.",
        shown="that of the run",
        path=True,
    )
    for name, what in {
        "data_dir": "Folder of tensorflow-datasets",
        "arrays_file": "File of --dataset=arrays",
        "images_dir": "Folder of --dataset=folder",
    }.items()
}
# A run that is read, on this machine.
RUN = {
    "log_dir": Option(
        str, "", "The run folder.", path=True, needed="a run folder"
    ),
    "checkpoint": CHECKPOINT,
    "weights": WEIGHTS,
    "device": Option(
        str, None, "Device to compute on.", shown="that of the run"
    ),
    **DATA_PLACES,
}
PYTHON = Option(
    str,
    sys.executable,
    "Interpreter with PyTorch.",
    shown="this one",
    path=True,
)
RUNS = Option(
    list,
    None,
    "Run folders or quoted patterns, comma-separated.",
    path=True,
    needed="run folders or a pattern",
)
JSON = Option(
    str, "", "Also write the numbers to this file; - prints them.", path=True
)


def setting(name: str, **changes) -> Option:
    """A setting of a run as another command has it: always in effect."""
    known = groups.options_by_name()[name]
    return dataclasses.replace(known, only=None, **changes)
