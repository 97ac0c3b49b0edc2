"""Runs that are stopped at random moments: kill -9, SIGTERM, Ctrl-C."""

import dataclasses
import functools
import signal

from tests.faults.attack import Attack
from tests.faults.fault import Fault
from tests.faults.scene import finishes_with_the_same_bits

_NOTHING_YET = r"error: stopped; there was nothing to save\."
_SAVED = r"stopped and saved; to continue: python -m xvat_tf\.train .*"


def _stopped(number, scene):
    """The ends of one run's commands; each continues the one before."""
    ends = []
    for _ in range(scene.stops):
        command = scene.start()
        scene.at_a_moment(command)
        command.send(number)
        ended = command.end()
        if ended.status == 0:  # It was done before the signal came.
            break
        scene.interrupted_writes += any(scene.run.rglob("*.tmp"))
        ends.append(ended)
    return ends


def _killed_at_the_start(scene):
    """Before the first save, from importing to the first steps."""
    ends = []
    for _ in range(scene.stops):
        command = scene.start()
        command.wait(scene.random.uniform(0, 2))
        command.send(signal.SIGKILL)
        ends.append(command.end())
    return ends


def _stopped_before_the_first_step(number, scene):
    command = scene.start()
    command.wait_until((scene.run / "lock").exists)
    command.send(number)
    return [command.end()]


def _twice(scene):
    """Two signals, as impatient fingers and closing terminals send them."""
    command = scene.start()
    if scene.random.random() < 0.3:
        command.wait(scene.random.uniform(0, 1))
    else:
        scene.at_a_moment(command)
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    for _ in range(2):
        command.send(scene.random.choice(numbers))
        command.wait(scene.random.choice((0, 0.01, 0.1)))
    ended = command.end()
    statuses = {0, *numbers} | {128 + number for number in numbers}
    assert abs(ended.status) in statuses, (ended.status, ended.err)
    assert "Traceback" not in ended.err, ended.err
    finishes_with_the_same_bits(scene)
    return [dataclasses.replace(ended, status=0)]


ATTACKS = (
    Attack(
        "two of Ctrl-C, SIGTERM and SIGHUP while training",
        _twice,
        "the same command ends with the same bits: nothing lost",
        full=8,
        quick=0,
    ),
)


def _fault(name, happen, line, status, full, quick=1):
    return Fault(
        name=name,
        happen=happen,
        line=line,
        status=status,
        after=finishes_with_the_same_bits,
        full=full,
        quick=quick,
    )


FAULTS = (
    _fault(
        "`kill -9` while training, a save every step",
        functools.partial(_stopped, signal.SIGKILL),
        "",
        -signal.SIGKILL,
        full=19,
    ),
    _fault(
        "`kill -9` in the first two seconds",
        _killed_at_the_start,
        "",
        -signal.SIGKILL,
        full=1,
        quick=0,
    ),
    _fault(
        "SIGTERM while training",
        functools.partial(_stopped, signal.SIGTERM),
        _SAVED,
        128 + signal.SIGTERM,
        full=4,
        quick=0,  # As `tests/cli/signals_test.py` has it.
    ),
    _fault(
        "Ctrl-C while training",
        functools.partial(_stopped, signal.SIGINT),
        _SAVED,
        128 + signal.SIGINT,
        full=4,
        quick=0,
    ),
    _fault(
        "SIGTERM before the first step",
        functools.partial(_stopped_before_the_first_step, signal.SIGTERM),
        _NOTHING_YET,
        128 + signal.SIGTERM,
        full=3,
    ),
    _fault(
        "Ctrl-C before the first step",
        functools.partial(_stopped_before_the_first_step, signal.SIGINT),
        _NOTHING_YET,
        128 + signal.SIGINT,
        full=3,
        quick=0,
    ),
)
