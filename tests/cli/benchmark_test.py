"""`python -m xvat_tf.benchmark`, on the smallest network."""

import json
import re
import statistics

import pytest

from xvat_tf import benchmark
from xvat_tf.benchmarking import this_machine
from xvat_tf.benchmarking.cases import timed_methods

FEW = ("mle", "vat", "xvat-inductive", "temporal")
MOONS = ["--networks=moons", "--rounds=2", "--seconds=0.01"]


@pytest.fixture(autouse=True)
def small_products(monkeypatch):
    monkeypatch.setattr(this_machine, "_SIZES", {"CPU": 128, "GPU": 128})


def test_every_method_is_timed(tmp_path, capsys, full):
    """In the suite one of each kind."""
    methods = timed_methods() if full else FEW
    file = tmp_path / "found.json"
    flags = [*MOONS, f"--methods={','.join(methods)}", f"--json={file}"]
    benchmark.main([*flags, "--table3"])
    printed = capsys.readouterr().out
    record = json.loads(file.read_text())
    found = {times["name"]: times for times in record["steps"]}
    assert list(found) == list(methods)
    for times in record["steps"]:
        assert min(times["samples"]) > 0 and len(times["samples"]) >= 2
        assert times["peak_bytes"] > 0 and times["first_call"] > 0
        assert f"| {times['name']}" in printed
    assert found["vat"]["ratio_to_vat"] == 1
    assert record["machine"]["cores"] >= 1
    assert record["machine"]["arithmetic"] == "float32"
    assert min(record["matrix_gflop_per_second"].values()) > 0
    assert record["steps_per_epoch"] == {"moons": 100}
    epoch = 100 * statistics.median(found["vat"]["samples"])
    cells = rf"vat +\| +100 \| +{epoch:.3g} \| +1.00 "
    assert re.search(cells, printed), printed
