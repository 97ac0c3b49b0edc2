import numpy as np

from xvat_tf.analysis.figures.reach import additive, multiplicative

POINT = np.array([1.5, 0.5])


def test_r_of_one_length_stays_on_the_ring_and_goes_all_round():
    moved = additive(POINT, 0.25, 200) - POINT
    np.testing.assert_allclose(np.hypot(*moved.T), 0.25, rtol=1e-12)
    quadrants = {(x > 0, y > 0) for x, y in moved}
    assert len(quadrants) == 4


def test_masks_reach_the_whole_rectangle_and_nothing_else():
    moved = multiplicative(POINT, 2.0, 500)
    assert np.all(moved >= 0) and np.all(moved <= 2 * POINT)
    # Hard concrete: both ends of every side have points of their own.
    for column, side in zip(moved.T, 2 * POINT, strict=True):
        assert np.mean(column == 0) > 0.1 and np.mean(column == side) > 0.1
    brighter = np.all(moved > POINT, axis=1)
    assert brighter.any() and not np.all(moved > POINT)
    assert np.all(multiplicative(POINT, 1.0, 500) <= POINT)
