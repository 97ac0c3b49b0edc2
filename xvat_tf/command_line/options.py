"""Flags of a command that are no settings of a run."""

import contextlib
import os
import pathlib
import stat
import sys

from xvat_tf.errors import UserError, reason
from xvat_tf.files import as_json
from xvat_tf.option import Option
from xvat_tf.records import RunFolder
from xvat_tf.settings.groups import DATA_DIR_DEFAULT

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
    shown=DATA_DIR_DEFAULT,
    path=True,
)
LOG_DIR = Option(str, "", "The run folder.", path=True)
RUN_DEVICE = Option(str, None, "Device to compute on.", shown="that of the run")
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
PYTHON = Option(
    str,
    sys.executable,
    "Interpreter with PyTorch.",
    shown="this one",
    path=True,
)
RUNS = Option(
    list, None, "Run folders or quoted patterns, comma-separated.", path=True
)
JSON = Option(
    str, "", "Also write the numbers to this file; - prints them.", path=True
)


def require_not_owned(flag: str, path: str | os.PathLike) -> None:
    """Raises a UserError if a run keeps its own files at a path."""
    if RunFolder.owns(pathlib.Path(path)):
        raise UserError(
            f"--{flag}={path} is a run folder's own: choose another name."
        )


class NumbersFile:
    """The file that `--json` names: tried at once, written at the end.

    A path that a user names is opened as it is: links are followed, a device
    or a pipe is written to, a file keeps its mode. `-` is stdout, an empty path
    neither. Use as a context manager around the computation.

    Raises:
        UserError: The file cannot be written, or belongs to a run folder.
    """

    def __init__(self, path: str):
        self._path, self._file = path, None
        if path in ("", "-"):
            return
        require_not_owned("json", path)
        self._is_new = not os.path.exists(path)
        try:
            # Closed by __exit__.
            self._file = open(path, "a")  # noqa: SIM115
        except OSError as error:
            raise self._not_written(error) from None

    def write(self, content: dict) -> None:
        """Writes the numbers; prints them where that fails.

        Raises:
            UserError: The disk is full.
        """
        text = as_json(content, indent=None if self._path == "-" else 1)
        if self._path == "-":
            print(text)
        if self._file is None:
            return
        try:
            if stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
                self._file.truncate(0)
            self._file.write(text + "\n")
            self._file.flush()
            self._is_new = False
        except OSError as error:
            print(text)
            raise self._not_written(error) from None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        """Leaves no empty file behind a computation that failed."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            self._file.close()
        if self._is_new:
            os.remove(self._file.name)

    def _not_written(self, error):
        return UserError(
            f"--json={self._path} cannot be written ({reason(error)}): free"
            " some space or choose another file."
        )
