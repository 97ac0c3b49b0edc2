import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.models import MaskTable
from xvat_tf.models.tables import EVERYTHING, Held


def test_rows_by_hand():
    held = Held(4, 1, 3)
    np.testing.assert_array_equal(held.rows(10), [1, 2, 5, 6, 9])
    np.testing.assert_array_equal(held.places(np.array([9, 2, 5])), [4, 1, 2])
    assert held.count(10) == 5


@pytest.mark.parametrize("shards", [1, 2, 3, 6])
@pytest.mark.parametrize("total", [6, 7, 11, 24])
def test_every_row_has_one_owner_and_one_place(shards, total):
    for width in (w for w in range(1, shards + 1) if shards % w == 0):
        parts = [Held(shards, k, k + width) for k in range(0, shards, width)]
        rows = [part.rows(total) for part in parts]
        assert sorted(np.concatenate(rows)) == list(range(total))
        for part, own in zip(parts, rows, strict=True):
            assert part.count(total) == len(own)
            np.testing.assert_array_equal(part.places(own), np.arange(len(own)))


def test_a_part_of_a_table_starts_and_moves_as_in_the_whole():
    whole = MaskTable(7, (2, 2, 1), seed=3)
    part = MaskTable(7, (2, 2, 1), seed=3, held=Held(2, 1, 2))
    rows = tf.constant([5, 1])
    np.testing.assert_array_equal(part.table, whole.table.numpy()[1::2])
    for table in (whole, part):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(table(None, rows) ** 2)
        gradient = tape.gradient(total, table.table)
        assert isinstance(gradient, tf.IndexedSlices)
        table.ascend(gradient, tf.constant(0.5))
    np.testing.assert_array_equal(part.table, whole.table.numpy()[1::2])
    fresh = MaskTable(7, (2, 2, 1), seed=3).table.numpy()
    # Half of the gradient 2 x: drawn rows double, others stay.
    np.testing.assert_allclose(whole.table.numpy()[[1, 5]], 2 * fresh[[1, 5]])
    np.testing.assert_array_equal(whole.table.numpy()[[0, 3]], fresh[[0, 3]])


def test_everything_reads_indices_as_they_are():
    indices = tf.constant([3, 1])
    assert EVERYTHING.places(indices) is indices
