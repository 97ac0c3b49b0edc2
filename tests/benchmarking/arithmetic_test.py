"""The cost model: by hand, as published, and as TensorFlow counts it."""

import pytest
import tensorflow as tf

from xvat_tf.benchmarking import arithmetic
from xvat_tf.benchmarking.cases import (
    make_case,
    timed_methods,
    timed_networks,
)
from xvat_tf.benchmarking.compiled_step import CompiledStep

SMALL = {"batch_size": 4, "ul_batch_size": 6}


@pytest.mark.parametrize(
    "method, given, expected",
    [
        ("mle", {}, 96),
        ("xvat-inductive", {}, 608),
        ("xvat-transductive", {}, 608),
        ("xvat-step", {}, 864),
        ("vat", {}, 864),
        ("vatent", {}, 1120),
        ("at", {}, 256),
        ("xat-inductive", {}, 192),
        # A power iteration costs two passes an image,
        ("vat", {"num_power_iterations": 3}, 864 + 2 * 256),
        # and a step against the prediction one iteration.
        *[
            ("vat", {"direction": "against_prediction"} | more, 864)
            for more in ({}, {"num_power_iterations": 3})
        ],
        # There is no clean pass of its own.
        ("vat", {"supervised": True}, 100 * (3 + 2 + 3)),
        ("xvat-inductive", {"supervised": True}, 100 * (3 + 3)),
    ],
)
def test_forward_passes_at_32_and_128_images(method, given, expected):
    """3 n_l + n_u + 3 n_u of xvat, 3 n_l + n_u + 2 n_u + 3 n_u of vat."""
    settings = make_case("conv13", method, given).settings
    assert sum(p.forward_passes for p in settings.passes()) == expected


@pytest.fixture(scope="module")
def moons():
    return CompiledStep(make_case("moons", "vat", SMALL))


def test_products_of_the_moons_network(moons):
    """100 -> 100 -> 2."""
    of = arithmetic.layer_products(moons.trainer.classifier)
    assert (of.forward, of.first) == (10_200, 10_000)


def test_step_of_the_moons_network_by_hand(moons):
    """The first layer's input gradient is needed in the probing pass only."""
    labeled = 4 * (3 * 10_200 - 10_000)
    unlabeled = 6 * (10_200 + 2 * 10_200 + 3 * 10_200 - 10_000)
    found = arithmetic.step_gflop(moons.trainer, moons.case.settings)
    assert found == pytest.approx(2e-9 * (labeled + unlabeled))


def test_conv13_forward_is_1_46_gflop():
    case = make_case("conv13", "mle", SMALL)
    of = arithmetic.layer_products(CompiledStep(case).trainer.classifier)
    assert 2e-9 * of.forward == pytest.approx(1.46, abs=0.005)


_PRODUCTS = (
    "MatMul",
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv2DBackpropFilter",
)


def _product_gflop(graph):
    """Operations of the products and convolutions that a graph runs, 10^9.

    Both gradients of a convolution are always in the graph; what nothing
    depends on is pruned before it runs, and not counted.
    """
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(
        profiler.ProfileOptionBuilder.float_operation()
    ).with_empty_output()
    found = profiler.profile(graph, cmd="scope", options=options.build())
    wanted = {op.name for op in _needed(graph) if op.type in _PRODUCTS}
    count, nodes = 0, [found]
    while nodes:
        node = nodes.pop()
        nodes += node.children
        count += node.float_ops * (node.name in wanted)
    return 1e-9 * count


def _needed(graph):
    """Operations that outputs or updates of variables depend on."""
    found = set()
    left = [t.op for t in graph.outputs] + list(graph.control_outputs)
    while left:
        op = left.pop()
        if op not in found:
            found.add(op)
            left += [t.op for t in op.inputs] + list(op.control_inputs)
    return found


CONVOLUTIONS = ("mle", "at", "vat", "xvat-inductive")
# Tracing a deep network takes seconds: of each kind but one method.
QUICK = {
    "mlp-1200-1200": ("at",),
    "cnn": ("xvat-inductive",),
    "moons": ("mle", "vat", "xvat-step", "pi", "temporal", "mean_teacher"),
}
COUNTED = [
    (n, m)
    for n, given in timed_networks().items()
    for m in (timed_methods() if "mlp" in n or n == "moons" else CONVOLUTIONS)
    if given != timed_networks()["conv13"]
]


@pytest.mark.parametrize("network, method", COUNTED)
def test_tensorflow_counts_the_same_within_5_percent(
    network, method, leave_to_full
):
    leave_to_full(method not in QUICK.get(network, ()))
    step = CompiledStep(make_case(network, method, SMALL, table_rows=10))
    ours = arithmetic.step_gflop(step.trainer, step.case.settings)
    assert ours == pytest.approx(_product_gflop(step.graph), rel=0.05)
