"""One and two replicas take the same steps, in one process and in two."""

import numpy as np
import pytest

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


@pytest.fixture(scope="module")
def taken(started, free_addresses, tmp_path_factory):
    """Arrays by kind of group: one, mirrored, chief, other."""
    folder = tmp_path_factory.mktemp("replicas")
    kinds = {
        "one": ("none", 1, None),
        "mirrored": ("mirrored", 2, None),
        "chief": ("multiworker", 1, 0),
        "other": ("multiworker", 1, 1),
    }
    programs = started(folder)
    for name, (distribute, devices, index) in kinds.items():
        request = {
            "distribute": distribute,
            "devices": devices,
            "cases": CASES if index is None else {"table": CASES["table"]},
            "steps": STEPS,
            "batch_norm": name != "one",
            "out": str(folder / f"{name}.npz"),
        }
        task = None
        if index is not None:
            task = {
                "cluster": {"worker": free_addresses},
                "task": {"type": "worker", "index": index},
            }
        programs.start(request, task)
    return dict(zip(kinds, programs.arrays(), strict=True))


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


@pytest.mark.parametrize("kind", ["mirrored", "chief", "other"])
def test_batch_norm_of_each_replica_by_hand(taken, kind):
    # 0, 2: mean 1, unbiased variance 2. 4, 10: mean 7, variance 18.
    np.testing.assert_allclose(
        taken[kind]["batch_norm:False"],
        [[0.1 * (1 + 7) / 2], [0.9 + 0.1 * (2 + 18) / 2]],
    )


@pytest.mark.parametrize("kind", ["mirrored", "chief", "other"])
def test_synchronised_batch_norm_by_hand(taken, kind):
    # 0, 2, 4, 10: mean 4, squared distances 16, 4, 0, 36.
    np.testing.assert_allclose(
        taken[kind]["batch_norm:True"], [[0.1 * 4], [0.9 + 0.1 * 56 / 3]]
    )
