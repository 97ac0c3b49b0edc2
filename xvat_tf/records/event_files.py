"""TensorBoard files of a run as bytes: how long they are, cut at a length."""

import os
import pathlib
import re
import stat

from xvat_tf.files import opened
from xvat_tf.records.run_folder import RunFolder

# As TensorFlow names them; copies of synchronised folders have other names.
_NAME = re.compile(r"events\.out\.tfevents\.(.*\.)?\d+\.v2")


def cut_events(folder: RunFolder, lengths: dict[str, int]) -> None:
    """Takes back what was written after the last checkpoint.

    The run takes those steps again, and would show them twice. The lengths
    are those of `event_lengths`; a file without one is removed.
    """
    for name, path in _files(folder).items():
        length = lengths.get(name, 0)
        if not length:
            path.unlink()
        elif length < path.stat().st_size:
            os.truncate(path, length)


def event_lengths(folder: RunFolder) -> dict[str, int]:
    """Syncs the files; their bytes by path in the run folder."""
    lengths = {}
    for name, path in _files(folder).items():
        with opened(path) as file:
            os.fsync(file.fileno())
            lengths[name] = os.fstat(file.fileno()).st_size
    return lengths


def _files(folder) -> dict[str, pathlib.Path]:
    """Files of a run only: a link would lead out of the folder."""
    return {
        path.relative_to(folder.path).as_posix(): path
        for events in (folder.train_events, folder.test_events)
        for path in sorted(events.glob("events.out.tfevents.*"))
        if _NAME.fullmatch(path.name) and stat.S_ISREG(path.lstat().st_mode)
    }
