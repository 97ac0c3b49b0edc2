"""What a run appends to is damaged: said, or it makes no difference."""

import functools
import json

from tests import run_folders
from tests.faults.fault import Fault

_TIMES = ("seconds", "checksum")


def _damage(path, random):
    content = bytearray(path.read_bytes())
    how = random.randrange(5)
    place = random.randrange(len(content))
    if how == 0:
        path.unlink()
    elif how == 1:
        path.write_bytes(content[:place])
    elif how == 2:  # A digit of a number, in a text.
        digits = [i for i, byte in enumerate(content) if chr(byte).isdigit()]
        content[random.choice(digits)] = ord(random.choice("0123456789"))
        path.write_bytes(content)
    elif how == 3:
        lines = content.splitlines(keepends=True)
        del lines[random.randrange(len(lines))]
        path.write_bytes(b"".join(lines))
    else:
        content[place] ^= 1 << random.randrange(8)
        path.write_bytes(content)


def _numbers(folder):
    """Of results.json, all but times."""
    results = json.loads((folder / "results.json").read_text())
    return {
        name: value
        for name, value in results.items()
        if not any(time in name for time in _TIMES)
    }


def _resumed(name, scene):
    """Of a run that is not finished; it ends with the same numbers."""
    scene.begin()
    _damage(scene.run / name, scene.random)
    ended = scene.train_here()
    assert _numbers(scene.run) == _numbers(scene.undisturbed)
    for read in (run_folders.metrics, run_folders.points):
        assert read(scene.run) == read(scene.undisturbed)
    return [ended]


def _finished(name, scene):
    """Of a finished run: read again, or trained again to the same numbers."""
    scene.finish()
    _damage(scene.run / name, scene.random)
    figures = scene.command("figures", "--runs=run", "--figure=curves")
    if _differs(scene):
        assert figures.err, "figures said nothing"
    ended = scene.train_here()
    assert _numbers(scene.run) == _numbers(scene.undisturbed)
    return [figures, ended]


def _differs(scene):
    """Whether the curves are of other numbers than the run's."""
    try:
        found = run_folders.metrics(scene.run)
    except (OSError, ValueError, KeyError):
        return True
    return found != run_folders.metrics(scene.undisturbed)


FAULTS = tuple(
    Fault(
        f"{name} of {what} run deleted, cut, a bit or digit changed",
        functools.partial(happen, name),
        quick=0,  # As `tests/records` has it.
        full=full,
    )
    for name, what, happen, full in (
        ("metrics.jsonl", "an unfinished", _resumed, 12),
        ("metrics.jsonl", "a finished", _finished, 10),
        ("results.json", "a finished", _finished, 8),
    )
)
