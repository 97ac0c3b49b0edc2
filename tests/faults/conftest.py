"""Scenes for faults, and the table of what became of them."""

import contextlib
import pathlib
import shutil
import signal

import pytest

from tests.faults import table as table_module
from tests.faults.scene import STEPS, Scene


@pytest.fixture(scope="session")
def full(request):
    """Tells whether to try everything that docs/notes/reliability.md says."""
    return request.config.getoption("--full")


def _first_scene(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp(name)
    return Scene(folder, folder, folder, 0, 0, contextlib.ExitStack())


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Run folder of a run that nothing happened to."""
    scene = _first_scene(tmp_path_factory, "undisturbed")
    ended = scene.train()
    assert ended.status == 0, ended.err
    return scene.run


@pytest.fixture(scope="session")
def halfway(tmp_path_factory):
    """Run folder of a run that was killed in the middle."""
    scene = _first_scene(tmp_path_factory, "halfway")
    command = scene.start()
    command.wait_until(lambda: scene.step() >= STEPS // 3)
    command.send(signal.SIGKILL)
    command.end()
    assert scene.step() < 2 * STEPS // 3
    return scene.run


@pytest.fixture
def scenes(tmp_path, undisturbed, halfway, full):
    """Makes scenes by their seeds; use as a context manager."""
    stops = 5 if full else 2

    @contextlib.contextmanager
    def make(seed):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        with contextlib.ExitStack() as closing:
            yield Scene(folder, undisturbed, halfway, seed, stops, closing)
        shutil.rmtree(folder, ignore_errors=True)

    return make


@pytest.fixture
def table(request):
    """Takes number and row for the table at the end of the session."""

    def add(number, row):
        value = number, row.markdown()
        request.node.user_properties.append((table_module.PROPERTY, value))

    return add


def pytest_terminal_summary(terminalreporter, config):
    # With xdist the workers' rows arrive with their reports.
    if not config.getoption("--full") or hasattr(config, "workerinput"):
        return
    reports = [
        report
        for outcome in ("passed", "skipped")
        for report in terminalreporter.getreports(outcome)
    ]
    rows = table_module.found_rows(reports)
    terminalreporter.section("faults")
    terminalreporter.write(table_module.markdown(rows))
    if config.getoption("--page"):
        table_module.replace(pathlib.Path(config.getoption("--page")), rows)
