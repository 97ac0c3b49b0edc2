"""What is not the run's own doing: other processes, old locks, the clock."""

import os
import time

from tests.faults.fault import Fault
from tests.faults.scene import has_the_same_bits

_DAY = 86_400


def _second_process(scene):
    """The first one goes on to its end; another command may read its run."""
    scene.begin()
    first, target = scene.start(), scene.step() + 1
    first.wait_until(lambda: scene.step() >= target)
    second = scene.train()
    evaluated = scene.command("evaluate", "--log_dir=run")
    assert (evaluated.status, evaluated.err) == (0, "")
    ended = first.end()
    assert ended.status == 0, ended.err
    return [second]


def _stale_lock(scene):
    """As a kill leaves it; its process number belongs to another by now."""
    scene.begin()
    (scene.run / "lock").write_text(f"process {os.getpid()} on here\n")
    return [scene.train()]


def _jump_back():
    """The clock shows yesterday from now on, and again every 100 readings."""
    now, count = time.time, iter(range(10**9))
    time.time = lambda: now() - _DAY * (1 + next(count) // 100)


def _clock(scene):
    """And what was written so far is dated in the future."""
    scene.begin()
    future = time.time() + _DAY
    for age, path in enumerate(scene.checkpoints()):
        os.utime(path, (future + age, future + age))
    return [scene.train(first=_jump_back)]


FAULTS = (
    Fault(
        "second process on one log_dir",
        _second_process,
        r"error: --log_dir=run is in use by process \d+ on \S+: .*",
        2,
        has_the_same_bits,
        full=5,
    ),
    Fault(
        "lock left by a dead process",
        _stale_lock,
        "",
        0,
        has_the_same_bits,
        full=3,
    ),
    Fault(
        "clock jumps back by days, checkpoints dated in the future",
        _clock,
        "",
        0,
        has_the_same_bits,
        full=3,
    ),
)
