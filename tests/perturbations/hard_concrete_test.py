import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from xvat_tf.perturbations import HardConcrete


def test_sample_by_hand():
    concrete = HardConcrete(beta=0.5, gamma=-0.1, zeta=1.1)
    # u = 0.8: log-odds log 4; sigmoid((log 4 - log 2) / 0.5) = 4 / 5.
    found = concrete.sample_from_noise(
        tf.constant(-math.log(2), tf.float64), tf.constant(0.8, tf.float64)
    )
    assert float(found) == pytest.approx(0.8 * 1.2 - 0.1, abs=1e-9)


def test_noise_free_by_hand():
    concrete = HardConcrete(beta=0.5)
    found = concrete.noise_free(tf.constant([0.0, 20.0, -20.0]))
    np.testing.assert_allclose(found, [0.5, 1.0, 0.0], atol=1e-7)


def test_expected_l0_is_the_share_of_masks_above_zero():
    concrete = HardConcrete()
    log_alpha = tf.fill([200_000], tf.constant(-0.7, tf.float64))
    noise = np.random.default_rng(0).random(200_000)
    share = np.mean(concrete.sample_from_noise(log_alpha, noise) > 0)
    expected = float(concrete.expected_l0(log_alpha)[0])
    assert share == pytest.approx(expected, abs=0.005)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-50, 50),
    st.floats(0, 1),
    st.floats(0.1, 2),
    st.floats(-2, -0.01),
    st.floats(1.01, 3),
)
def test_masks_lie_in_the_unit_interval(log_alpha, noise, beta, gamma, zeta):
    concrete = HardConcrete(beta, gamma, zeta)
    mask = concrete.sample_from_noise(
        tf.constant(log_alpha, tf.float64), tf.constant(noise, tf.float64)
    )
    assert 0 <= float(mask) <= 1
