"""Measures of weights, by hand."""

import numpy as np
import pytest

from xvat_tf.analysis.claims.measures import density, mean


def test_shares_are_of_three_thresholds():
    # Largest 10, rms 4.47: below 0.01, 0.1 and 0.447.
    found = density(np.array([10.0, -0.1, 0.02, -0.005, 0.015]))
    assert found["weights"] == 5
    assert found["rms"] == pytest.approx(np.sqrt(100.01065 / 5))
    assert found["near_zero"] == 1 / 5
    # The weight of exactly 0.1 is not below it.
    assert found["near_largest"] == 3 / 5
    assert found["near_rms"] == 4 / 5


def test_hoyer_reaches_from_equal_weights_to_a_single_one():
    assert density(np.array([2.0, -2.0, 2.0, -2.0]))["hoyer"] == 0.0
    assert density(np.array([0.0, 0.0, -3.0, 0.0]))["hoyer"] == 1.0
    # Norms 7 and 5 of two weights: (sqrt(2) - 1.4) / (sqrt(2) - 1).
    expected = (np.sqrt(2) - 1.4) / (np.sqrt(2) - 1)
    assert density(np.array([3.0, 4.0]))["hoyer"] == pytest.approx(expected)


def test_kurtosis_is_in_excess_of_the_gaussian():
    # Two equal points: m4 / m2^2 = 1.
    assert density(np.array([1.0, 3.0]))["kurtosis"] == -2.0
    # 8 zeros with 1 and -1: m2 = m4 = 2 / 10.
    spiked = np.array([1.0, -1.0] + 8 * [0.0])
    assert density(spiked)["kurtosis"] == pytest.approx(5 - 3)


def test_measures_of_a_gaussian_are_those_of_the_docstring():
    found = density(np.random.default_rng(0).normal(0, 7.0, 400_000))
    assert found["near_rms"] == pytest.approx(0.0797, abs=0.002)
    assert found["hoyer"] == pytest.approx(1 - np.sqrt(2 / np.pi), abs=0.002)
    assert found["kurtosis"] == pytest.approx(0, abs=0.03)
    uniform = density(np.random.default_rng(0).uniform(-2, 2, 400_000))
    assert uniform["near_rms"] == pytest.approx(0.1 / np.sqrt(3), abs=0.002)
    assert uniform["hoyer"] == pytest.approx(1 - np.sqrt(3) / 2, abs=0.002)
    assert uniform["kurtosis"] == pytest.approx(-1.2, abs=0.01)


def test_all_but_two_measures_ignore_the_scale():
    w = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    one, other = density(w), density(8 * w)
    assert other["rms"] == pytest.approx(8 * one["rms"])
    for name in ("near_largest", "near_rms", "hoyer", "kurtosis"):
        assert other[name] == pytest.approx(one[name])


def test_what_zeros_do_not_define_is_nan():
    found = density(np.zeros(3))
    assert found["rms"] == 0.0 and found["near_zero"] == 1.0
    assert np.isnan(found["hoyer"]) and np.isnan(found["kurtosis"])
    assert np.isnan(density(np.array([2.0]))["hoyer"])


def test_mean_is_weighted_by_the_weights_of_a_layer():
    small = density(np.array([0.0, 1.0]))
    large = density(np.array([2.0, -2.0, 2.0, -2.0, 2.0, -2.0]))
    found = mean([small, large])
    assert found["weights"] == 8
    assert found["rms"] == pytest.approx((2 * np.sqrt(0.5) + 6 * 2) / 8)
    assert found["near_zero"] == pytest.approx((2 * 0.5 + 6 * 0) / 8)
    assert found["hoyer"] == pytest.approx((2 * 1 + 6 * 0) / 8)
