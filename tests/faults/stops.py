"""Runs that are stopped at random moments, and the company they keep."""

import functools
import os
import signal
import time

from tests.faults.fault import Fault
from tests.faults.scene import (
    Scene,
    finishes_with_the_same_bits,
    has_the_same_bits,
    left_nothing,
)

_DAY = 86_400
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SAME = finishes_with_the_same_bits
_NOTHING_YET = r"error: stopped; there was nothing to save\."
_SAVED = r"stopped and saved; to continue: python -m xvat_tf\.train .*"


def _stopped(number, scene, wait=Scene.at_a_moment):
    """The ends of one run's commands; each continues the one before."""
    ends = []
    for _ in range(scene.stops):
        command = scene.start()
        wait(scene, command)
        command.send(number)
        ended = command.end()
        if ended.status == 0:  # It was done before the signal came.
            break
        ends.append(ended)
    return ends


def _killed_at_the_start(scene):
    """Before the first save, from importing to the first steps."""

    def wait(scene, command):
        command.wait(scene.random.uniform(0, 2))

    return _stopped(signal.SIGKILL, scene, wait)


def _stopped_before_the_first_step(number, scene):
    command = scene.paused(steps=None)
    command.send(number)
    command.go_on()
    return [command.end()]


def _twice(scene):
    """Two signals, as impatient fingers and closing terminals send them."""
    command = scene.start()
    if scene.random.random() < 0.3:
        command.wait(scene.random.uniform(0, 1))
    else:
        scene.at_a_moment(command)
    for _ in range(2):
        command.send(scene.random.choice(_SIGNALS))
        command.wait(scene.random.choice((0, 0.01, 0.1)))
    ended = command.end()
    statuses = {0, *_SIGNALS} | {128 + number for number in _SIGNALS}
    assert abs(ended.status) in statuses, (ended.status, ended.err)
    assert "Traceback" not in ended.err, ended.err
    return []


def _second_process(scene):
    """The first one goes on to its end; another command may read its run."""
    scene.begin()
    first = scene.paused(steps=1)
    second = scene.train_here()
    first.go_on()
    evaluated = scene.command("evaluate", "--log_dir=run")
    assert (evaluated.status, evaluated.err) == (0, "")
    ended = first.end()
    assert ended.status == 0, ended.err
    return [second]


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
    return [scene.start(first=_jump_back).end()]


def _stop(name, happen, line="", status=-signal.SIGKILL, **more):
    more = {"after": _SAME} | more
    return Fault(name, happen, line, status, **more)


# Quick rows for signals are those of `tests/cli/signals_test.py`.
FAULTS = (
    _stop(
        "`kill -9` while training, a save every step",
        functools.partial(_stopped, signal.SIGKILL),
        full=19,
    ),
    _stop("`kill -9` in the first two seconds", _killed_at_the_start, quick=0),
    *(
        _stop(
            f"{name} {when}",
            functools.partial(happen, number),
            line,
            128 + number,
            quick=int(number is signal.SIGTERM and line is _NOTHING_YET),
            full=full,
            after=after,
        )
        for when, happen, line, full, after in (
            ("while training", _stopped, _SAVED, 4, _SAME),
            (
                "before the first step",
                _stopped_before_the_first_step,
                _NOTHING_YET,
                3,
                left_nothing,
            ),
        )
        for name, number in (
            ("SIGTERM", signal.SIGTERM),
            ("Ctrl-C", signal.SIGINT),
        )
    ),
    _stop(
        "two of Ctrl-C, SIGTERM and SIGHUP while training",
        _twice,
        quick=0,
        full=8,
    ),
    Fault(
        "second process on one log_dir",
        _second_process,
        r"error: --log_dir=run is in use by process \d+ on \S+: .*",
        2,
        has_the_same_bits,
        full=5,
    ),
    Fault(
        "clock jumps back by days, checkpoints dated in the future",
        _clock,
        "",
        after=has_the_same_bits,
        full=3,
    ),
)
