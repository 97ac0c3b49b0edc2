"""Compares run folders to the last bit, all but clock times."""

import json
import re

import numpy as np
from tensorboard.backend.event_processing import event_file_loader

_TIMES = ("seconds", "seconds_per_step")
# Of these only that they are there: they hold clock times or the folder.
_UNLIKE = ("speed/", "_hparams_", "settings")


def checkpoints(folder) -> list:
    """Checkpoint files, newest first."""
    found = (folder / "checkpoints").glob("step-*.npz")
    return sorted(found, key=_step, reverse=True)


def newest_step(folder) -> int:
    """Step of the newest checkpoint, 0 without one."""
    return max(map(_step, checkpoints(folder)), default=0)


def _step(path):
    return int(re.search(r"step-(\d+)", path.name)[1])


def arrays(folder) -> dict:
    """Every array of the newest checkpoint, its progress as JSON."""
    return read(checkpoints(folder)[0])


def read(path) -> dict:
    """Every array of an .npz file."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def assert_equal(ours, expected) -> None:
    """Both have the same names and arrays, but for times."""
    assert list(ours) == list(expected)
    for name in set(expected) - {"progress", "sha256"}:
        assert ours[name].dtype == expected[name].dtype
        np.testing.assert_array_equal(ours[name], expected[name], err_msg=name)


def metrics(folder) -> list[dict]:
    """The evaluations without their times."""
    text = (folder / "metrics.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        for name in _TIMES:
            del line[name]
    return lines


def points(folder) -> list[tuple]:
    """Every TensorBoard record: train or test, tag, step, value; sorted.

    Read record by record: TensorBoard itself hides repeated steps.
    """
    found = []
    for path in folder.glob("*/events.out.tfevents.*"):
        for event in event_file_loader.EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                unlike = value.tag.startswith(_UNLIKE)
                content = "" if unlike else value.tensor.SerializeToString()
                found.append((path.parent.name, value.tag, event.step, content))
    return sorted(found)


def assert_same(one, other) -> None:
    """Both runs left the same checkpoint, evaluations and TensorBoard points.

    Args:
        one: Path of a run folder.
        other: The one that it has to equal.
    """
    assert_equal(arrays(one), arrays(other))
    assert metrics(one) == metrics(other)
    assert points(one) == points(other)
