"""Checkpoint files that are truncated, altered, empty or gone."""

import functools

from tests.faults.fault import Fault
from tests.faults.scene import finishes_with_the_same_bits, has_the_same_bits

_TAKEN = (
    r"note: damaged checkpoint step-\d+\.npz: .+;"
    r" run/checkpoints/step-\d+\.npz is used instead\."
)


def _truncate(path, random):
    content = path.read_bytes()
    path.write_bytes(content[: random.randrange(1, len(content))])


def _flip_a_bit(path, random):
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)


def _empty(path, random):
    path.write_bytes(b"")


def _remove(path, random):
    path.unlink()


def _newest(damage, scene):
    scene.begin()
    damage(scene.checkpoints()[0], scene.random)
    return [scene.train_here()]


def _all(damage, scene):
    """Every checkpoint is damaged; afterwards one of them is restored."""
    scene.begin()
    spared = scene.checkpoints()[0]
    content = spared.read_bytes()
    for path in scene.checkpoints():
        damage(path, scene.random)
    before = scene.files()
    ended = scene.train_here()
    assert scene.files() == before, "something was overwritten"
    spared.write_bytes(content)
    return [ended]


FAULTS = (
    *(
        Fault(
            f"newest checkpoint {name}",
            functools.partial(_newest, damage),
            line,
            after=has_the_same_bits,
            quick=quick,
            full=full,
        )
        for name, damage, line, quick, full in (
            ("truncated at a random byte", _truncate, _TAKEN, 1, 10),
            ("with a random bit flipped", _flip_a_bit, _TAKEN, 0, 20),
            ("empty", _empty, _TAKEN, 0, 3),
            ("missing", _remove, "", 0, 3),
        )
    ),
    *(
        Fault(
            f"all checkpoints {name}; one restored afterwards",
            functools.partial(_all, damage),
            line,
            2,
            finishes_with_the_same_bits,
            quick=int(damage is _truncate),
            full=3,
        )
        for name, damage, line in (
            (
                "truncated",
                _truncate,
                r"error: no checkpoint in run/checkpoints can be read .*",
            ),
            ("missing", _remove, r"error: .*run/checkpoints.*"),
        )
    ),
)
