"""TensorFlow's own counts and profiles of a step."""

import tensorflow as tf

_PRODUCTS = (
    "MatMul",
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv2DBackpropFilter",
)


def product_gflop(graph: tf.Graph) -> float:
    """Operations of all matrix products and convolutions of a graph, 10^9.

    Args:
        graph: Of a traced function with fixed batch sizes.

    Returns:
        The count of TensorFlow's profiler.
    """
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(
        profiler.ProfileOptionBuilder.float_operation()
    ).with_empty_output()
    found = profiler.profile(graph, cmd="op", options=options.build())
    counts, nodes = {}, [found]
    while nodes:  # A tree whose parents include their children.
        node = nodes.pop()
        nodes += node.children
        below = sum(child.total_float_ops for child in node.children)
        counts[node.name] = node.total_float_ops - below
    return 1e-9 * sum(counts.get(name, 0) for name in _PRODUCTS)


def record(step, folder: str, steps: int = 3) -> None:
    """Writes a profile of some steps for TensorBoard's profiler.

    Args:
        step: Takes one step.
        folder: Where to.
        steps: How many.
    """
    tf.profiler.experimental.start(folder)
    try:
        for i in range(steps):
            with tf.profiler.experimental.Trace("train", step_num=i, _r=1):
                step()
    finally:
        tf.profiler.experimental.stop()
