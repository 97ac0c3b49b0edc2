"""The order of the steps, the statistics, the tables."""

import itertools

import numpy as np
import pytest

from xvat_tf.benchmarking import alternation, report
from xvat_tf.benchmarking.step_times import StepTimes
from xvat_tf.reference.side_by_side.memory import peak_memory, reset_peak_memory


def test_steps_are_taken_in_turns():
    order = []

    def step(name, seconds):
        return lambda: order.append(name) or seconds

    steps = {"a": step("a", 1.0), "b": step("b", 2.0)}
    samples = alternation.in_turns(steps, rounds=3, seconds=0.0)
    assert order == ["a", "b"] * 3
    assert samples == {"a": [1.0] * 3, "b": [2.0] * 3}


def test_seconds_prolong_the_rounds(monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(alternation.time, "perf_counter", lambda: next(clock))
    samples = alternation.in_turns({"a": lambda: 1.0}, rounds=1, seconds=5)
    assert len(samples["a"]) == 5


def test_quantiles_by_hand():
    assert alternation.quantiles(list(range(11))) == (5.0, 1.0, 9.0)


def test_ratio_is_of_rounds_not_of_medians():
    """A disturbance that meets both sides of a round leaves the ratio."""
    assert alternation.ratio([2, 200, 20], [1, 100, 10]) == 2


def test_peak_memory_sees_an_allocation():
    reset_peak_memory()
    before = peak_memory()
    block = np.ones(50_000_000, np.uint8)
    assert peak_memory() - before > 0.8 * block.nbytes


def test_unknown_numbers_are_dashes():
    times = StepTimes("conv13", "peer", [0.5, 0.5], images=100)
    line = report.step_table([times]).splitlines()[-1]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:5] == ["peer", "500", "500", "500", "200"]
    assert cells[5:] == ["–"] * 8


@pytest.mark.parametrize("steps, expected", [(400, "200"), (1, "0.5")])
def test_epoch_table_multiplies(steps, expected):
    times = StepTimes("conv13", "vat", [0.5], images=1, ratio_to_vat=1.0)
    found = report.epoch_table([times], {"conv13": steps})
    cells = [c.strip() for c in found.splitlines()[2].strip("|").split("|")]
    assert cells == [
        *("svhn", "conv13", "vat", str(steps), expected, "1.00"),
        *("54.3", "1.000"),
    ]
