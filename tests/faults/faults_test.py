"""Each fault: what is seen, the exit status, and that nothing is lost.

A new fault is an entry in `FAULTS` of one of the modules named here.
"""

import re

import pytest

from tests.faults import (
    checkpoint_files,
    companions,
    data_files,
    disks,
    stops,
)
from tests.faults.fault import Row

_FAULTS = [
    fault
    for module in (stops, checkpoint_files, disks, companions, data_files)
    for fault in module.FAULTS
]


@pytest.mark.parametrize("fault", _FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost(fault, scenes, table, full):
    obstacle = fault.obstacle()
    if obstacle:
        table(
            Row(fault.name, 0, "", "", f"cannot be produced here: {obstacle}")
        )
        pytest.skip(obstacle)
    if not full and not fault.quick:
        pytest.skip("only with --full")
    ends, outcomes, writes = [], set(), 0
    for seed in range(fault.full if full else fault.quick):
        with scenes(seed) as scene:
            for ended in fault.happen(scene):
                _check(fault, ended)
                ends.append(ended)
            outcomes.add(fault.after(scene))
            writes += scene.interrupted_writes
    if writes:
        outcomes.add(f"{writes} in the middle of a write")
    seen, status = ends[0].last_line, ends[0].status
    shown = f"signal {-status}" if status < 0 else str(status)
    table(Row(fault.name, len(ends), seen, shown, "; ".join(sorted(outcomes))))


def _check(fault, ended):
    """The last line, whole, and how many there are."""
    assert ended.status == fault.status, ended.err
    assert "Traceback" not in ended.err
    assert re.fullmatch(fault.line, ended.last_line), ended.err
    if ended.last_line.startswith(("error:", "note:")):
        assert ended.err.count("\n") == fault.lines, ended.err
