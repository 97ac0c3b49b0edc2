"""The tfrecord files of a folder while they are written."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

from xvat_tf.data import shard_files
from xvat_tf.errors import UserError, reason


@contextlib.contextmanager
def failures_told(folder: pathlib.Path) -> Iterator[None]:
    """Raises a UserError for failures of files, Python's or TensorFlow's."""
    import tensorflow as tf  # Only now: the package must load without it.

    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise UserError(
            f"shards cannot be written to {folder} ({reason(error)}): free"
            " some space, or give another folder as --stream_dir."
        ) from None


class RecordFiles:
    """All files of a folder, open at a time; its failures are UserErrors."""

    def __init__(self, folder: pathlib.Path, num_shards: int):
        import tensorflow as tf

        self._folder = folder
        self._paths = [
            folder / shard_files.file_name(number, num_shards)
            for number in range(num_shards)
        ]
        with failures_told(folder):
            self._writers = [
                tf.io.TFRecordWriter(os.fsencode(path)) for path in self._paths
            ]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        """Closes the files; a failure to must not hide an earlier one."""
        with contextlib.suppress(*([UserError] if kind else [])):
            self._close()

    def write(self, index: int, image: bytes) -> None:
        """Writes image `index` to its file."""
        record = shard_files.to_record(index, image)
        with failures_told(self._folder):
            self._writers[index % len(self._writers)].write(record)

    def _close(self):
        with failures_told(self._folder):
            for writer in self._writers:
                writer.close()
            for path in self._paths:
                sync(path)


def sync(path: pathlib.Path) -> None:
    """Brings a file to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
