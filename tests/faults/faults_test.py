"""Each fault: what is seen, the exit status, and that nothing is lost.

A new fault is an entry in `FAULTS` of one of the modules named here.
"""

import pytest

from tests.faults import (
    altered_json,
    checkpoint_files,
    data_files,
    disks,
    hostile_files,
    stops,
)

_MODULES = (stops, checkpoint_files, disks, data_files)
_AT_RANDOM = (altered_json, hostile_files)
_FAULTS = [f for module in (*_MODULES, *_AT_RANDOM) for f in module.FAULTS]


@pytest.mark.parametrize("fault", _FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost(fault, scenes, full):
    if obstacle := fault.obstacle():
        pytest.skip(f"cannot be produced here: {obstacle}")
    times = fault.full if full else fault.quick
    if not times:
        pytest.skip("only with --full")
    for seed in range(times):
        with scenes(seed) as scene:
            for ended in fault.happen(scene):
                fault.check(ended)
            fault.after(scene)
