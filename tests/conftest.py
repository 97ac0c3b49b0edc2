"""TensorFlow for all tests: quiet, one thread, two precisions."""

import fcntl
import gc
import os
import pathlib
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As many processes as there are cores run tests: more threads only wait.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import hypothesis
import pytest

GOLDEN = pathlib.Path(__file__).parent / "golden"

for _name, _draws in (("suite", 25), ("full", 600)):
    hypothesis.settings.register_profile(
        _name,
        max_examples=_draws,
        deadline=None,
        derandomize=True,
        database=None,
    )


def pytest_addoption(parser):
    parser.addoption(
        "--full",
        action="store_true",
        help="All faults and flag sets that docs/notes/reliability.md counts.",
    )
    parser.addoption(
        "--golden", help="With tests/golden: folder of other recorded files."
    )


def pytest_configure(config):
    name = "full" if config.getoption("--full") else "suite"
    hypothesis.settings.load_profile(name)


def pytest_collection_finish():
    """Leaves what was imported out of the search for garbage.

    A graph makes many objects, and each search among the old ones would go
    through all of TensorFlow.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def full(request):
    """Tells whether to try everything that docs/notes/reliability.md says."""
    return request.config.getoption("--full")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Makes a folder once for all processes that test; it is read only."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def make(name, fill):
        folder, done = base / f"once-{name}", base / f"once-{name}.done"
        with open(base / f"once-{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return make


@pytest.fixture
def leave_to_full(full):
    """Skips a test that only multiplies others, but for `--full`."""

    def skip(whether):
        if whether and not full:
            pytest.skip("left to --full")

    return skip


@pytest.fixture
def float64():
    """Builds layers and networks in double precision."""
    import keras

    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
