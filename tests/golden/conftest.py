"""Recorded files, and how a check that fails is reported."""

import pathlib

import numpy as np
import pytest

from tests.conftest import GOLDEN


@pytest.fixture
def folder(request):
    """Of the recorded files: ours, or that of `--golden`."""
    return pathlib.Path(request.config.getoption("--golden") or GOLDEN)


@pytest.fixture
def recorded(folder):
    """Loads a recorded file by its name."""

    def load(name):
        file = folder / f"{name}.npz"
        if not file.exists():
            pytest.skip(f"{folder} has no {file.name}")
        return dict(np.load(file, allow_pickle=False))

    return load


@pytest.fixture
def assert_inside(record_property):
    """Fails with the worst quantities outside their bars; counts the others."""

    def check(quantities):
        assert quantities
        outside = [q for q in quantities if not q.inside]
        outside.sort(key=lambda q: -q.badness)
        worst = [
            f"{q.name}: {q.error:.2e} > {q.bar:.0e} {q.kind}"
            for q in outside[:8]
        ]
        assert not outside, f"{len(outside)} outside: " + "; ".join(worst)
        record_property("recorded numbers", len(quantities))

    return check
