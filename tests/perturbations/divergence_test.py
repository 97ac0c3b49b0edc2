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


def test_kl_by_hand():
    # 1/2 log(1/2 / 1/4) + 1/2 log(1/2 / 3/4) = log 2 - 1/2 log 3
    found = perturbations.kl_divergence(log(0.5, 0.5), log(0.25, 0.75))
    np.testing.assert_allclose(found, [math.log(2) - 0.5 * math.log(3)])


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


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-10), ("float32", 1e-5)])
def test_losses_agree_with_vat_tf(golden, dtype, rtol):
    g = golden("vat_tf_losses")

    def load(name):
        return tf.constant(g[name], dtype)

    q, p = load("q_logit"), load("p_logit")
    qx, px = load("q_logit_extreme"), load("p_logit_extreme")
    found = {
        "kl": tf.reduce_mean(perturbations.kl_divergence(q, p)),
        "kl_reverse": tf.reduce_mean(perturbations.kl_divergence(p, q)),
        "entropy": tf.reduce_mean(perturbations.entropy(q)),
        "ce": tf.reduce_mean(perturbations.cross_entropy(g["label"], q)),
        "kl_extreme_rows": perturbations.kl_divergence(qx, px),
        "entropy_extreme_rows": perturbations.entropy(qx),
        "entropy_two": tf.reduce_mean(
            perturbations.entropy(load("q_logit_two"))
        ),
        "ce_extreme": tf.reduce_mean(
            perturbations.cross_entropy(g["label_extreme"], px)
        ),
    }
    for name, value in found.items():
        expected = g[f"{name}_f64"]
        np.testing.assert_allclose(
            value, expected, rtol=rtol, atol=rtol * 1e-3, err_msg=name
        )


def test_kl_of_itself_and_gradients_agree_with_vat_tf(golden):
    g = golden("vat_tf_losses")
    q = tf.constant(g["q_logit"], tf.float64)
    p = tf.constant(g["p_logit"], tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([q, p])
        kl = tf.reduce_mean(perturbations.kl_divergence(q, p))
        entropy = tf.reduce_mean(perturbations.entropy(q))
        itself = tf.reduce_mean(perturbations.kl_divergence(q, q))
    assert abs(itself) < 1e-15
    np.testing.assert_allclose(
        tape.gradient(kl, p), g["kl_grad_p_f64"], rtol=1e-10, atol=1e-15
    )
    np.testing.assert_allclose(
        tape.gradient(entropy, q), g["entropy_grad_f64"], rtol=1e-10, atol=1e-15
    )


def test_squared_distance_by_hand():
    found = perturbations.squared_distance(log(0.5, 0.5), log(0.2, 0.8))
    np.testing.assert_allclose(found, [0.18])
