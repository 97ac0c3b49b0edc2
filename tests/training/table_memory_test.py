"""A step of the transductive model touches drawn rows only."""

import pytest

from tests.training import toy
from xvat_tf.benchmarking.cases import make_case
from xvat_tf.benchmarking.compiled_step import CompiledStep

ROWS = 977


@pytest.mark.parametrize("method", ["xat-transductive", "xvat-transductive"])
def test_no_tensor_of_a_step_is_as_long_as_the_table(method):
    """Neither a copy of the table nor a dense gradient."""
    step = CompiledStep(make_case("moons", method, {}, table_rows=ROWS))
    long = [
        output.name
        for op in step.graph.get_operations()
        for output in op.outputs
        if output.shape.rank and output.shape[0] == ROWS
    ]
    assert long == []


def test_the_optimizer_of_the_table_has_no_slots():
    trainer = toy.toy_trainer("xvat-table")
    shapes = [v.shape for v in trainer.generator_optimizer.variables]
    assert all(shape == () for shape in shapes)
