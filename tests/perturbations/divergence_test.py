import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from xvat_tf import perturbations
from xvat_tf.perturbations import divergence


def log(*p):
    """Logits whose softmax is p."""
    return tf.constant([[math.log(x) for x in p]], tf.float64)


def test_entropy_by_hand():
    found = perturbations.entropy(log(0.25, 0.75))
    expected = 2 * math.log(2) - 0.75 * math.log(3)
    np.testing.assert_allclose(found, [expected])


@pytest.mark.parametrize(
    "kind, expected",
    [
        ("kl_clean_perturbed", math.log(2) - 0.5 * math.log(3)),
        ("kl_perturbed_clean", 0.75 * math.log(3) - math.log(2)),
        ("cross_entropy", 2 * math.log(2) - 0.5 * math.log(3)),
    ],
)
def test_divergence_directions_by_hand(kind, expected):
    clean, perturbed = log(0.5, 0.5), log(0.25, 0.75)
    found = divergence(clean, perturbed, kind)
    np.testing.assert_allclose(found, [expected])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-80, 80), min_size=6, max_size=6))
def test_kl_is_finite_and_not_negative_up_to_80(logits):
    p, q = tf.constant([logits[:3]]), tf.constant([logits[3:]])
    with tf.GradientTape() as tape:
        tape.watch(q)
        kl = perturbations.kl_divergence(p, q)
    assert np.isfinite(kl) and kl > -1e-4
    assert np.isfinite(tape.gradient(kl, q)).all()


def test_squared_distance_by_hand():
    found = perturbations.squared_distance(log(0.5, 0.5), log(0.2, 0.8))
    np.testing.assert_allclose(found, [0.18])
