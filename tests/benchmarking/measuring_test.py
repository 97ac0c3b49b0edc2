"""The order of the steps, the statistics, the tables."""

import itertools
import subprocess
import sys

import pytest
import tensorflow as tf

from xvat_tf.benchmarking import step_times, this_machine


def test_steps_are_taken_in_turns():
    order = []

    def step(name, seconds):
        return lambda: order.append(name) or seconds

    steps = {"a": step("a", 1.0), "b": step("b", 2.0)}
    samples = step_times.in_turns(steps, rounds=3, seconds=0.0)
    assert order == ["a", "b"] * 3
    assert samples == {"a": [1.0] * 3, "b": [2.0] * 3}


def test_seconds_prolong_the_rounds(monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(step_times.time, "perf_counter", lambda: next(clock))
    samples = step_times.in_turns({"a": lambda: 1.0}, rounds=1, seconds=5)
    assert len(samples["a"]) == 5


def test_quantiles_by_hand():
    samples = [0.001 * i for i in range(11)]
    line = step_times.table([step_times.StepTimes("n", "m", samples, 10)])
    cells = [cell.strip() for cell in line.splitlines()[-1].split("|")]
    assert cells[1:6] == ["m", "5", "1", "9", "2000"]


def test_ratio_is_of_rounds_not_of_medians():
    """A disturbance that meets both sides of a round leaves the ratio."""
    assert step_times.ratio([2, 200, 20], [1, 100, 10]) == 2


def test_peak_memory_sees_an_allocation():
    """In a process of its own: pages of a large one come and go meanwhile."""
    program = """
from xvat_tf.reference.side_by_side import channel
channel.reset_peak_memory()
before = channel.peak_memory()
block = b"1" * 50_000_000
print(before, channel.peak_memory())
"""
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    before, after = map(int, said.split())
    assert 0.8 < (after - before) / 50_000_000 < 1.5


@pytest.fixture
def gpu(monkeypatch):
    """What TensorFlow and the driver say where there is a GPU."""
    card = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [card])
    experimental = tf.config.experimental
    details = {"device_name": "NVIDIA H100", "compute_capability": (9, 0)}
    monkeypatch.setattr(experimental, "get_device_details", lambda _: details)
    memory = {"GPU:0": {"current": 5, "peak": 7}}
    monkeypatch.setattr(experimental, "get_memory_info", memory.get)
    monkeypatch.setattr(experimental, "reset_memory_stats", memory.get)
    said = {"nvidia-smi": "550.54.15\n", "lscpu": "Model name: Xeon\n"}
    monkeypatch.setattr(
        this_machine, "_said_by", lambda program, *flags: said[program]
    )


def test_a_card_is_named_with_its_driver_and_its_memory(gpu):
    found = this_machine.this_machine()
    assert found["processor"] == "Xeon"
    assert found["GPU"] == "NVIDIA H100" and found["driver"] == "550.54.15"
    this_machine.reset_peak_memory()
    assert this_machine.peak_memory() == 7


@pytest.mark.parametrize("kind", ["float32", "TF32", "bfloat16", "float16"])
def test_a_gpu_multiplies_numbers_of_four_types(gpu, monkeypatch, kind):
    monkeypatch.setattr(this_machine, "_SIZES", {"GPU": 8})
    rounded = tf.config.experimental.tensor_float_32_execution_enabled
    product, multiplied = this_machine.MatrixProduct(kind), []
    multiply = product._function

    def noted(factor):
        multiplied.append((factor.dtype.name, rounded()))
        return multiply(factor)

    product._function = noted
    before = rounded()
    assert product() > 0 and product.gflop == 2e-9 * 8**3
    assert rounded() == before
    number = "float32" if kind == "TF32" else kind
    assert multiplied == [(number, kind == "TF32")]
