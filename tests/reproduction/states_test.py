"""States from hand-made folders, and the plan they make."""

import os

import pytest

from xvat_tf.files import appended
from xvat_tf.reproduction import overview, runs
from xvat_tf.reproduction.runs import State, read_state
from xvat_tf.reproduction.work import Children

_NO_SPACE = "epoch 1\nerror: no space.\n\n"
_NOT_FINITE = "error: the loss is not finite.\n"


@pytest.mark.parametrize(
    "accuracies, left, log, state",
    [
        ((0.5, 0.75), ("finished", 500), "", ("finished", 500, 75.0, 0.1)),
        ((0.5,), ("interrupted", 70), "", ("interrupted", 70, 50.0, 0.1)),
        ((0.5, 0.6), (None, None), "", ("resumable", 100, 60.0, 0.1)),
        ((), (None, None), "", ("missing",)),
        (
            *((0.5,), (None, None), _NO_SPACE),
            ("failed", 50, 50.0, 0.1, "no space."),
        ),
        ((), (None, None), _NO_SPACE, ("failed", 0, None, None, "no space.")),
        (
            *((0.5,), ("diverged", None), _NOT_FINITE),
            ("diverged", 50, 50.0, 0.1, "the loss is not finite."),
        ),
    ],
)
def test_state_of_what_is_there(make_run, accuracies, left, log, state):
    status, checkpoint = left
    run = make_run(1, *accuracies, status=status, checkpoint=checkpoint)
    run.log_file.parent.mkdir(parents=True, exist_ok=True)
    run.log_file.write_text(log)
    assert read_state(run) == State(*state)


def test_a_finished_run_of_other_settings_is_not_finished(make_run, places):
    make_run(1, 0.5, status="finished")
    with open(places.flags / "digits_mle.flags", "a") as file:
        file.write("--learning_rate=0.5\n")
    state = read_state(make_run(1))
    assert state.kind == "settings changed"
    assert "(learning_rate: 0.001 -> 0.5): move it away" in state.reason


def test_damaged_folders_are_failures_of_their_own(make_run):
    settings, metrics = make_run(1, 0.5), make_run(2, 0.5)
    settings.folder.settings_file.write_text("{")
    metrics.folder.metrics_file.write_text("{}\n")
    for run in (settings, metrics):
        state = read_state(run)
        assert state.kind == "failed" and "damaged" in state.reason


def test_last_line_of_a_long_log(tmp_path):
    path = tmp_path / "log"
    path.write_text("x" * 5000 + "\nlast\n")
    assert runs.last_line(path) == "last"
    assert runs.last_line(tmp_path / "none") == ""


def test_plan(make_run):
    """400 steps left of one, 500 of two more, 0.1 s each: 140 s in all."""
    planned = [
        make_run(1, 0.5, 0.75, status="finished", checkpoint=500),
        make_run(2, 0.5, 0.6),
        make_run(3),
        make_run(10),
    ]
    found = {run: read_state(run) for run in planned}
    assert overview.describe(found, 1).splitlines() == [
        "digits_mle seed 1   finished   500 of 500  75.00 %",
        "digits_mle seed 2   resumable  100 of 500  60.00 %  about 1 min left",
        "digits_mle seed 3   missing      0 of 500        –  about 1 min left",
        "digits_mle seed 10  missing      0 of 500        –  about 1 min left",
        "4 runs: 1 finished, 1 resumable, 2 missing",
        "time left, 1 at a time: about 3 min",
    ]
    assert overview.time_left(found, 2) == "time left, 2 at a time: about 2 min"


def test_time_of_runs_that_nothing_tells_about(make_run):
    found = {make_run(1): State("missing")}
    assert overview.describe(found, 1).splitlines()[1:] == [
        "1 run: 0 finished, 1 missing",
        "time left, 1 at a time: 1 run not timed yet: measured once begun",
    ]
    found = {make_run(1): State("finished", 500, 50.0, 0.1)}
    assert overview.time_left(found, 1) == "nothing is left to train"


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "about 1 min"),
        (61, "about 2 min"),
        (3600, "about 1 h 00 min"),
        (90_000, "about 25 h 00 min"),
    ],
)
def test_duration_is_rounded_up(seconds, text):
    assert overview.duration(seconds) == text


def test_a_log_is_no_way_to_other_files(make_run, tmp_path):
    """Nothing is waited for, nothing is written through a link."""
    run = make_run(1)
    run.log_file.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(run.log_file)
    assert runs.last_line(run.log_file) == ""
    with pytest.raises(OSError), appended(run.log_file):
        pass
    (tmp_path / "mine").write_text("mine")
    run.log_file.unlink()
    run.log_file.symlink_to(tmp_path / "mine")
    with pytest.raises(OSError), Children() as children:
        children.start(run)
    assert (tmp_path / "mine").read_text() == "mine"
