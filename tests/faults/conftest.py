"""Scenes for faults."""

import contextlib
import shutil

import pytest

from tests.faults.scene import STEPS, Scene


def _first_scene(folder):
    return Scene(folder, folder, folder, 0, 0, contextlib.ExitStack())


@pytest.fixture(scope="session")
def undisturbed(made_once):
    """Run folder of a run that nothing happened to."""

    def train(folder):
        ended = _first_scene(folder).train_here()
        assert ended.status == 0, ended.err

    return _first_scene(made_once("undisturbed", train)).run


@pytest.fixture(scope="session")
def halfway(made_once):
    """Run folder of a run that was killed in the middle."""

    def kill(folder):
        scene = _first_scene(folder)
        scene.paused(steps=STEPS // 3).kill()
        assert scene.step() == STEPS // 3

    return _first_scene(made_once("halfway", kill)).run


@pytest.fixture
def scenes(tmp_path, undisturbed, halfway, full):
    """Makes scenes by their seeds; use as a context manager."""
    stops = 5 if full else 1

    @contextlib.contextmanager
    def make(seed):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        with contextlib.ExitStack() as closing:
            try:
                yield Scene(folder, undisturbed, halfway, seed, stops, closing)
            except Exception as error:
                error.add_note(f"of the scene with seed {seed}")
                raise
        shutil.rmtree(folder, ignore_errors=True)

    return make
