"""What the audit measures of masks and of weights, counted by hand."""

import numpy as np
import pytest

from xvat_tf.analysis.claims.measures import (
    density,
    effect,
    mean,
    salience,
    strokes,
)
from xvat_tf.analysis.masks import shuffled
from xvat_tf.data.scaling import RangeScaler


def test_salience_counts_deletions_on_and_off_strokes():
    # Of 8 pixels 2 are strokes; 3 are deleted, 2 of them strokes.
    is_stroke = np.array([[1, 1, 0, 0], [0, 0, 0, 0]], bool)
    mask = np.array([[0, 0, 0, 0.5], [1, 1, 1, 1]])
    found = salience(mask, is_stroke)
    assert found["deleted"] == 3 / 8
    assert found["on_strokes"] == 2 / 3
    assert found["chance"] == 2 / 8
    assert found["ratio"] == pytest.approx(8 / 3)
    assert found["deleted_strokes"] == 1.0
    assert found["deleted_ground"] == 1 / 6
    assert found["mean_strokes"] == 0.0
    assert found["mean_ground"] == 4.5 / 6


def test_only_an_exact_zero_is_a_deletion():
    found = salience(np.array([1e-7, 0.3]), np.array([True, False]))
    assert found["deleted"] == found["deleted_strokes"] == 0.0
    assert np.isnan(found["on_strokes"]) and np.isnan(found["ratio"])
    assert found["chance"] == 0.5


def test_without_strokes_their_shares_are_not_defined():
    found = salience(np.array([0.0, 1.0]), np.array([False, False]))
    assert found["chance"] == found["on_strokes"] == 0.0
    assert np.isnan(found["ratio"]) and np.isnan(found["deleted_strokes"])
    assert found["deleted_ground"] == 0.5


@pytest.mark.parametrize("offset", [0.0, -0.5])
def test_strokes_are_above_half_of_the_unit_scale(offset):
    stored = np.array([0, 127, 128, 255], np.uint8).reshape(1, 2, 2, 1)
    scaler = RangeScaler(offset)
    found = strokes(scaler, scaler(stored))
    assert found.ravel().tolist() == [False, False, True, True]


@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (3, 20)])
def test_shuffling_keeps_entries_and_pixels_together(shape):
    mask = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = shuffled(mask, np.random.default_rng(0))
    assert found.shape == shape and found.dtype == mask.dtype
    assert not np.array_equal(found, mask)
    channels = shape[-1] if len(shape) == 4 else 1
    orders = []
    for one, other in zip(found, mask, strict=True):
        pixels = one.reshape(-1, channels)
        np.testing.assert_array_equal(
            pixels[np.argsort(pixels[:, 0])], other.reshape(-1, channels)
        )
        orders.append(np.argsort(pixels[:, 0]).tolist())
    assert orders[0] != orders[1]


def test_effect_is_of_the_places_that_are_deleted():
    """A classifier that reads pixel 0; the mask deletes that pixel only."""
    images = np.zeros((200, 50), np.float32)
    labels = np.arange(200) % 2
    images[:, 0] = np.where(labels, 1.0, -1.0)
    mask = np.ones((200, 50), np.float32)
    mask[:, 0] = 0.0

    def classify(inputs):
        # A tie is class 0, the label of one half.
        return np.stack([-inputs[:, 0], inputs[:, 0]], axis=1)

    found = effect(classify, images, labels, mask, 2.0, seed=0)
    assert found["clean"] == 1.0
    assert found["masked"] == 0.5
    # The control hits pixel 0 of 1 image in 50, and errs on every other.
    assert 0.96 <= found["shuffled"] < 1.0


def test_effect_uses_the_gain():
    images, labels = np.array([[1.0], [3.0]], np.float32), np.array([0, 1])

    def classify(inputs):
        return np.concatenate([np.full_like(inputs, 2.5), inputs], axis=1)

    half = np.full((2, 1), 0.5, np.float32)
    assert effect(classify, images, labels, half, 1.0, 0)["masked"] == 0.5
    assert effect(classify, images, labels, half, 2.0, 0)["masked"] == 1.0


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
