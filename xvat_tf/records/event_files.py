"""TensorBoard files of a run as bytes: how long they are, cut at a length."""

import os
import pathlib

from xvat_tf.records.run_folder import RunFolder


def event_lengths(folder: RunFolder) -> dict[str, int]:
    """Bytes of each TensorBoard file, synced, by its path in the folder.

    Raises:
        OSError: A file cannot be synced.
    """
    lengths = {}
    for path in _files(folder):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            lengths[_name(folder, path)] = os.fstat(file.fileno()).st_size
    return lengths


def cut_events(folder: RunFolder, lengths: dict[str, int]) -> None:
    """Takes back what was written after `lengths` were noted.

    The run takes those steps again, and would show them twice.

    Args:
        folder: The run folder.
        lengths: From `event_lengths`; a file that is not among them goes.

    Raises:
        OSError: The folder cannot be written.
    """
    for path in _files(folder):
        length = lengths.get(_name(folder, path), 0)
        if not length:
            path.unlink()
        elif length < path.stat().st_size:
            os.truncate(path, length)


def _files(folder) -> list[pathlib.Path]:
    return [
        path
        for events in (folder.train_events, folder.test_events)
        for path in sorted(events.glob("events.out.tfevents.*"))
    ]


def _name(folder, path):
    return path.relative_to(folder.path).as_posix()
