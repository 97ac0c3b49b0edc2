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


@pytest.mark.parametrize(
    "kind", ["kl_clean_perturbed", "kl_perturbed_clean", "cross_entropy"]
)
def test_no_gradient_into_the_clean_target(kind):
    clean, perturbed = log(0.5, 0.5), log(0.25, 0.75)
    with tf.GradientTape() as tape:
        tape.watch([clean, perturbed])
        loss = divergence(clean, perturbed, kind)
    into_clean, into_perturbed = tape.gradient(loss, [clean, perturbed])
    assert into_clean is None
    assert np.abs(into_perturbed).max() > 0.1


def test_cross_entropy_has_the_gradient_of_the_papers_kl():
    clean, perturbed = log(0.2, 0.3, 0.5), log(0.6, 0.3, 0.1)

    def gradient(kind):
        with tf.GradientTape() as tape:
            tape.watch(perturbed)
            loss = divergence(clean, perturbed, kind)
        return tape.gradient(loss, perturbed)

    np.testing.assert_allclose(
        gradient("cross_entropy"),
        gradient("kl_clean_perturbed"),
        rtol=1e-12,
        atol=1e-15,
    )


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
