"""Children that fail, and what is shown of them."""

import dataclasses
import io

from xvat_tf.records import RunFolder
from xvat_tf.reproduction import overview, runs, work
from xvat_tf.reproduction.overview import Overview
from xvat_tf.reproduction.runs import State


def test_a_failure_is_named_and_stops_no_other(make_run):
    """Flags that training refuses before it imports TensorFlow."""
    planned = [
        dataclasses.replace(make_run(seed), flags=(f"--seed={seed}", "extra"))
        for seed in (1, 2, 3)
    ]
    stream = io.StringIO()
    found = {run: State("missing") for run in planned}
    assert work.train(found, 2, Overview(stream, 2)) is None
    for run, state in found.items():
        assert state.kind == "failed"
        assert state.reason.startswith("'extra' is not a flag")
        assert runs.read_state(run) == state
    lines = stream.getvalue().splitlines()
    assert len(lines) == 7 and lines[-1].startswith("0 finished, 3 failed")


def test_a_child_that_dies_without_a_word(make_run, monkeypatch):
    run = make_run(1)
    program = run.folder.path.parent / "program"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    found = {run: State("missing")}
    work.train(found, 1, Overview(io.StringIO(), 1))
    assert found[run] == State("failed", reason="killed by signal 9")


def test_what_has_ended_is_not_trained(make_run):
    run = make_run(1)
    for kind in runs.ENDED:
        work.train({run: State(kind)}, 1, Overview(io.StringIO(), 1))
    assert not run.log_file.exists()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_is_redrawn_in_place(make_run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    stream = Terminal()
    shown = Overview(stream, 1)
    found = {make_run(1): State("running", 100, 50.0, 0.1)}
    shown.show(found)
    shown.show(found)
    first, second = stream.getvalue().split("\x1b[2A")
    assert first == second
    line = "digits_mle seed 1  running  100 of 500  50.00 %  about 1 min"
    assert first.removeprefix("\x1b[J").splitlines()[0] == line[:49]


def test_a_small_screen_shows_what_runs(make_run):
    kinds = ("finished", "running", "missing", "failed", "missing")
    run = make_run(1)
    found = {
        dataclasses.replace(run, name=str(i), folder=RunFolder("x")): State(
            kind
        )
        for i, kind in enumerate(kinds)
    }
    lines = overview.fitting(found, 3)
    assert [line.split()[:2] for line in lines[:2]] == [
        ["1", "running"],
        ["3", "failed"],
    ]
    assert lines[2] == "... and 3 more"
    assert len(overview.fitting(found, 5)) == 5
