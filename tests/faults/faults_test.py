"""Each fault: what is seen, the exit status, and that nothing is lost.

A new fault is an entry in `FAULTS` of one of the modules named here.
"""

import re
import socket

import pytest

from tests.faults import (
    altered_json,
    checkpoint_files,
    companions,
    damaged_logs,
    data_files,
    disks,
    hostile_files,
    places,
    stops,
)
from tests.faults import attack as attack_module
from tests.faults.fault import Row

_FAULTS = [
    fault
    for module in (stops, checkpoint_files, disks, companions, data_files)
    for fault in module.FAULTS
]
_ATTACKS = [
    attack
    for module in (altered_json, hostile_files, places, damaged_logs, stops)
    for attack in module.ATTACKS
]


@pytest.mark.parametrize(
    ("number", "fault"), enumerate(_FAULTS), ids=[f.name for f in _FAULTS]
)
def test_nothing_is_lost(number, fault, scenes, table, full):
    obstacle = fault.obstacle()
    if obstacle:
        outcome = f"cannot be produced here: {obstacle}"
        table(number, Row(fault.name, 0, "", "", outcome))
        pytest.skip(obstacle)
    times = fault.full if full else fault.quick
    if not times:
        pytest.skip("only with --full")
    table(number, _tried(fault, [scenes(seed) for seed in range(times)]))


@pytest.mark.parametrize(
    ("number", "attack"),
    enumerate(_ATTACKS, len(_FAULTS)),
    ids=[a.name for a in _ATTACKS],
)
def test_nobody_does_harm(number, attack, scenes, table, full):
    times = attack.full if full else attack.quick
    if not times:
        pytest.skip("only with --full")
    row, failures = attack_module.tried(attack, map(scenes, range(times)))
    table(number, row)
    assert not failures, "\n".join(failures)


def _tried(fault, scenes):
    """Lets the fault happen in each scene; what became of it."""
    ends, outcomes, writes = [], set(), 0
    for made in scenes:
        with made as scene:
            for ended in fault.happen(scene):
                _check(fault, ended)
                ends.append(ended)
            outcomes.add(fault.after(scene))
            writes += scene.interrupted_writes
    if writes:
        outcomes.add(f"{writes} of them during a write")
    first = ends[0]
    return Row(
        fault.name,
        len(ends),
        first.last_line.replace(socket.gethostname(), "host"),
        f"signal {-first.status}" if first.status < 0 else f"{first.status}",
        "; ".join(sorted(outcomes, reverse=True)),
    )


def _check(fault, ended):
    """The last line, whole, and how many there are."""
    assert ended.status == fault.status, ended.err
    assert "Traceback" not in ended.err
    assert re.fullmatch(fault.line, ended.last_line), ended.err
    if ended.last_line.startswith(("error:", "note:")):
        assert ended.err.count("\n") == fault.lines, ended.err
