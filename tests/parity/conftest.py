"""Recorded files, and how a check that fails is reported."""

import pathlib
from collections.abc import Mapping

import numpy as np
import pytest

_FOLDER = pathlib.Path(__file__).parent.parent / "golden"


class ReadArrays(Mapping):
    """Arrays of a recorded file that remember which keys were read."""

    def __init__(self, arrays):
        self.arrays, self.read = arrays, set()

    def __getitem__(self, key):
        self.read.add(key)
        return self.arrays[key]

    def __contains__(self, key):
        return key in self.arrays

    def __iter__(self):
        return iter(self.arrays)

    def __len__(self):
        return len(self.arrays)

    def unread(self):
        return set(self.arrays) - self.read


@pytest.fixture
def recorded():
    """Loads a recorded file by its name."""

    def load(name):
        with np.load(_FOLDER / f"{name}.npz") as file:
            return ReadArrays({key: file[key] for key in file.files})

    return load


@pytest.fixture
def assert_inside():
    """Fails with the worst quantities outside their bars."""

    def check(quantities):
        assert quantities
        outside = [q for q in quantities if not q.inside]
        outside.sort(key=lambda q: -q.error / max(q.bar, 1e-300))
        worst = [
            f"{q.name}: {q.error:.2e} > {q.bar:.0e} {q.kind}"
            for q in outside[:8]
        ]
        assert not outside, f"{len(outside)} outside: " + "; ".join(worst)

    return check
