import pytest

from xvat_tf.errors import UserError, WorkerLostError
from xvat_tf.training.replicas import joining


@pytest.fixture
def executed(monkeypatch):
    """Command lines that this process would have become."""
    lines = []
    monkeypatch.setattr(joining.os, "execv", lambda *line: lines.append(line))
    monkeypatch.setattr(joining.os, "closerange", lambda *range: None)
    monkeypatch.setattr(joining.time, "sleep", lambda seconds: None)
    monkeypatch.setenv("XVAT_TF_REJOINED", "")
    return lines


def test_it_becomes_the_same_command(executed, capsys):
    joining.rejoin(WorkerLostError("reset"), ["--seed=2"], 40)
    assert executed[0][1][1:] == ["-m", "xvat_tf.train", "--seed=2"]
    assert capsys.readouterr().err == (
        "note: a worker of the group is gone (reset); rejoining to continue"
        " from step 40.\n"
    )


def test_without_progress_it_gives_up(executed):
    for _ in range(10):
        joining.rejoin(WorkerLostError("reset"), [], 40)
    with pytest.raises(UserError, match="10 times without a new checkpoint"):
        joining.rejoin(WorkerLostError("reset"), [], 40)
    assert len(executed) == 10


def test_progress_gives_it_new_tries(executed):
    for step in (40, 40, 60, 60):
        for _ in range(4):
            joining.rejoin(WorkerLostError("reset"), [], step)
