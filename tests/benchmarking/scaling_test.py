"""Expected efficiency, by hand."""

import pytest

from xvat_tf.benchmarking import scaling
from xvat_tf.benchmarking.cases import make_case
from xvat_tf.benchmarking.compiled_step import CompiledStep


def test_seconds_of_a_ring():
    """10^9 bytes at 8 Gbit/s take a second; 2 rings of 4 steps take 80 us."""
    link = scaling.Link(gbit_per_second=8, latency_us=10)
    assert link.seconds(1e9, workers=3) == pytest.approx(1 + 8 * 10e-6)


def test_efficiency_is_the_share_of_computing():
    step = CompiledStep(make_case("moons", "mle", {}))
    link = scaling.Link(gbit_per_second=1, latency_us=0)
    found = scaling.expected(step.case.settings, step.trainer, 0.5, link)
    assert [e["workers"] for e in found] == [8, 64, 512]
    for e in found:
        assert e["communication"] == pytest.approx(e["sent"] * 8e-9)
        assert e["efficiency"] == pytest.approx(
            0.5 / (0.5 + e["communication"])
        )
