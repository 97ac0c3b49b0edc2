"""Checkpoint files that are truncated, altered, empty or gone."""

import functools

from tests.faults.fault import Fault
from tests.faults.scene import (
    finishes_with_the_same_bits,
    has_the_same_bits,
)

_TAKEN = (
    r"note: damaged checkpoint step-\d+\.npz: .+;"
    r" run/checkpoints/step-\d+\.npz is used instead\."
)


def _truncate(path, random):
    path.write_bytes(path.read_bytes()[: random.randrange(1, _size(path))])


def _flip_a_bit(path, random):
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)


def _empty(path, random):
    path.write_bytes(b"")


def _remove(path, random):
    path.unlink()


def _size(path):
    return path.stat().st_size


def _newest(damage, scene):
    scene.begin()
    damage(scene.checkpoints()[0], scene.random)
    return [scene.train()]


def _all(damage, scene):
    """Every checkpoint is damaged; afterwards one of them is restored."""
    scene.begin()
    spared = scene.checkpoints()[0]
    content = spared.read_bytes()
    for path in scene.checkpoints():
        damage(path, scene.random)
    before = scene.files()
    ended = scene.train()
    assert scene.files() == before, "something was overwritten"
    spared.write_bytes(content)
    return [ended]


def _newest_fault(name, damage, line=_TAKEN, full=10, quick=1):
    happen = functools.partial(_newest, damage)
    name = f"newest checkpoint {name}"
    return Fault(
        name, happen, line, 0, has_the_same_bits, quick=quick, full=full
    )


def _all_fault(name, damage, line):
    happen = functools.partial(_all, damage)
    name = f"all checkpoints {name}; one restored afterwards"
    return Fault(name, happen, line, 2, finishes_with_the_same_bits, full=3)


FAULTS = (
    _newest_fault("truncated at a random byte", _truncate),
    _newest_fault("with a random bit flipped", _flip_a_bit, full=20, quick=0),
    _newest_fault("empty", _empty, full=3, quick=0),
    _newest_fault("missing", _remove, line="", full=3),
    _all_fault(
        "truncated",
        _truncate,
        r"error: no checkpoint in run/checkpoints can be read \(.*\): .*",
    ),
    _all_fault("missing", _remove, r"error: .*run/checkpoints.*"),
)
