"""One and two replicas take the same steps, in one process and in two."""

import functools
import json

import numpy as np
import pytest

from tests import processes
from tests.training.replicas import program

STEPS = 8
CASES = {
    "xvat": {"method": "xvat", "sync_bn": True},
    "vat": {"method": "vat", "sync_bn": True, "ema_decay": 0.9},
    "table": {
        "method": "xvat",
        "mask_model": "transductive",
        "sync_bn": True,
        "shards": 2,
    },
}


# The strategy, devices of the process and number of the worker of each.
KINDS = {
    "one": ("none", 1, None),
    "mirrored": ("mirrored", 2, None),
    "chief": ("multiworker", 1, 0),
    "other": ("multiworker", 1, 1),
}


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """Arrays by kind, of processes that run at the same time."""
    folder = tmp_path_factory.mktemp("replicas")
    with processes.reserved_addresses(2) as workers:
        started = {name: _start(name, folder, workers) for name in KINDS}
        try:
            ends = [process.end() for process in started.values()]
            assert [end.status for end in ends] == [0] * len(ends), ends
        finally:
            for process in started.values():
                process.kill()
    return {name: dict(np.load(folder / f"{name}.npz")) for name in KINDS}


def _start(name, folder, workers):
    distribute, devices, index = KINDS[name]
    request = {
        "distribute": distribute,
        "devices": devices,
        "cases": CASES if index is None else {"table": CASES["table"]},
        "steps": STEPS,
        "batch_norm": name != "one",
        "out": str(folder / f"{name}.npz"),
    }
    task = {
        "cluster": {"worker": workers},
        "task": {"type": "worker", "index": index},
    }
    environment = {} if index is None else {"TF_CONFIG": json.dumps(task)}
    main = functools.partial(program.main, request)
    return processes.Process(main, folder, environment)


def _of(arrays, case):
    begin = f"{case}:"
    return {k: v for k, v in arrays.items() if k.startswith(begin)}


def _assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(
            found[name], value, rtol=1e-9, atol=1e-12, err_msg=name
        )


@pytest.mark.parametrize("case", CASES)
def test_two_devices_take_the_steps_of_one(taken, case):
    _assert_close(_of(taken["mirrored"], case), _of(taken["one"], case))


def test_two_processes_take_the_steps_of_one_each_with_its_rows(taken):
    whole = _of(taken["one"], "table")
    rows = whole.pop("table:generator/0")
    for index, name in enumerate(("chief", "other")):
        arrays = _of(taken[name], "table")
        own = arrays.pop("table:generator/0")
        np.testing.assert_allclose(own, rows[index::2], rtol=1e-9)
        _assert_close(arrays, whole)


def test_both_processes_end_with_equal_weights(taken):
    chief, other = _of(taken["chief"], "table"), _of(taken["other"], "table")
    assert int(chief["table:optimizer/0"]) == STEPS
    for name in chief.keys() - {"table:generator/0"}:
        np.testing.assert_array_equal(chief[name], other[name], name)


@pytest.mark.parametrize(
    "synchronized, mean, variance",
    [
        # 0, 2: mean 1, unbiased variance 2. 4, 10: mean 7, variance 18.
        (False, (1 + 7) / 2, (2 + 18) / 2),
        # 0, 2, 4, 10: mean 4, squared distances 16, 4, 0, 36.
        (True, 4, 56 / 3),
    ],
)
@pytest.mark.parametrize("kind", ["mirrored", "chief", "other"])
def test_batch_norm_by_hand(taken, kind, synchronized, mean, variance):
    found = taken[kind][f"batch_norm:{synchronized}"]
    np.testing.assert_allclose(found, [[0.1 * mean], [0.9 + 0.1 * variance]])
