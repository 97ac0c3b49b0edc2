import numpy as np
import pytest
import tensorflow as tf

from xvat_tf import perturbations


def test_one_mask_is_shared_by_the_colours():
    images = tf.constant([[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]])
    mask = tf.constant([[[[0.0]], [[0.5]]]])
    found = perturbations.apply_mask(images, mask, mask_gain=2.0)
    np.testing.assert_array_equal(
        found, [[[[0.0, 0.0, 0.0]], [[4.0, 5.0, 6.0]]]]
    )


@pytest.mark.parametrize("reduction, expected", [("sum", 6), ("mean", 1.5)])
def test_reduction_per_example(reduction, expected):
    values = tf.constant([[[[1.0], [2.0]], [[3.0], [0.0]]]])
    found = perturbations.per_example(values, reduction)
    np.testing.assert_allclose(found, [expected])


def test_roughness_by_hand():
    # 2x2 with one corner at 1, threshold 0: |sigmoid(1) - 1/2| =: d counts in
    # one of two vertical, one of two horizontal pairs, and one diagonal.
    mask = tf.constant([[[[1.0], [0.0]], [[0.0], [0.0]]]], tf.float64)
    d = 1 / (1 + np.exp(-1)) - 0.5
    found = perturbations.roughness(mask, 0.0)
    np.testing.assert_allclose(found, [d / 2 + d / 2 + d])
