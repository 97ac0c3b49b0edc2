"""Children that fail, and what is shown of them."""

import dataclasses

from xvat_tf.reproduction import overview, runs, work
from xvat_tf.reproduction.runs import State


def test_a_failure_is_named_and_stops_no_other(make_run, capsys):
    """Flags that training refuses before it imports TensorFlow."""
    planned = [
        dataclasses.replace(make_run(seed), flags=(f"--seed={seed}", "extra"))
        for seed in (1, 2, 3)
    ]
    found = {run: State("missing") for run in planned}
    assert work.train(found, 2) is None
    for run, state in found.items():
        assert state.kind == "failed"
        assert state.reason.startswith("'extra' is not a flag")
        assert runs.read_state(run) == state
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7 and lines[-1].startswith("0 finished, 3 failed")


def test_a_child_that_dies_without_a_word(make_run, monkeypatch):
    run = make_run(1)
    program = run.folder.path.parent / "program"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    found = {run: State("missing")}
    work.train(found, 1)
    assert found[run] == State("failed", reason="killed by signal 9")


def test_a_line_for_each_that_is_running(make_run):
    first, second = make_run(1), make_run(2)
    found = {first: State("missing"), second: State("running", 100, 50.0, 0.1)}
    assert overview.progress(found, 2).splitlines() == [
        "0 finished, 1 running, 1 missing; time left, 2 at a time: about 1 min",
        "  digits_mle seed 2  running  100 of 500  50.00 %  about 1 min left",
    ]
