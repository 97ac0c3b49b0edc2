"""TensorBoard files of a run as bytes: how long they are, cut at a length."""

import hashlib
import os
import pathlib
import re
import stat
import sys
from typing import Any

from xvat_tf.files import opened
from xvat_tf.records.forms import Progress
from xvat_tf.records.run_folder import RunFolder

# As TensorFlow names them; copies of synchronised folders have other names.
_NAME = re.compile(r"events\.out\.tfevents\.(.*\.)?\d+\.v2")


class EventBytes:
    """The bytes of a run's event files.

    What was written after the last checkpoint is taken back: the run takes
    those steps again, and would show them twice. Of the rest it is said if
    they are no longer what was written.
    """

    def __init__(self, folder: RunFolder, progress: Progress):
        self._folder = folder
        # Digests of what was read so far, and how much that was.
        self._read: dict[str, tuple] = {}
        found = {_name(folder, path): path for path in _files(folder)}
        for name, path in found.items():
            _cut(path, progress.events.get(name, 0))
        marks = self._marks()
        for name, digest in progress.event_digests.items():
            if marks.get(name, (0, ""))[1] != digest:
                print(
                    f"note: {folder.path / name} is not as this run left it;"
                    " TensorBoard's curves may differ from metrics.jsonl.",
                    file=sys.stderr,
                )

    def marks(self) -> dict[str, Any]:
        """Syncs the files; `events` and `event_digests` of `Progress`."""
        marks = self._marks()
        return {
            "events": {name: length for name, (length, _) in marks.items()},
            "event_digests": {name: hexa for name, (_, hexa) in marks.items()},
        }

    def _marks(self):
        return {
            _name(self._folder, path): self._mark(path)
            for path in _files(self._folder)
        }

    def _mark(self, path):
        """Goes on where the last reading of an appended file ended."""
        digest, length = self._read.get(str(path), (hashlib.sha256(), 0))
        with opened(path) as file:
            os.fsync(file.fileno())
            file.seek(length)
            for block in iter(lambda: file.read(2**20), b""):
                digest.update(block)
            length = file.tell()
        self._read[str(path)] = digest, length
        return length, digest.hexdigest()


def _cut(path, length):
    if not length:
        path.unlink()
    elif length < path.stat().st_size:
        os.truncate(path, length)


def _files(folder) -> list[pathlib.Path]:
    """Files of a run only: a link would lead out of the folder."""
    return [
        path
        for events in (folder.train_events, folder.test_events)
        for path in sorted(events.glob("events.out.tfevents.*"))
        if _NAME.fullmatch(path.name) and stat.S_ISREG(path.lstat().st_mode)
    ]


def _name(folder, path):
    return path.relative_to(folder.path).as_posix()
