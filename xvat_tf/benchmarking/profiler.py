"""TensorFlow's own counts and profiles of a step."""

import tensorflow as tf

_PRODUCTS = (
    "MatMul",
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv2DBackpropFilter",
)


def product_gflop(graph: tf.Graph) -> float:
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


def record(step, folder: str) -> None:
    """Writes a profile of three steps for TensorBoard's profiler."""
    tf.profiler.experimental.start(folder)
    try:
        for i in range(3):
            with tf.profiler.experimental.Trace("train", step_num=i, _r=1):
                step()
    finally:
        tf.profiler.experimental.stop()
