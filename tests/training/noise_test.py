import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, strategies

from xvat_tf.training.noise import StepNoise, draw_slice

LIKE = tf.zeros([200, 50])


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_noise_follows_from_seed_and_step(kind):
    def draw(seed, step):
        return getattr(StepNoise(seed, step), kind)(LIKE).numpy()

    np.testing.assert_array_equal(draw(1, 5), draw(1, tf.constant(5)))
    assert np.any(draw(1, 5) != draw(1, 6))
    assert np.any(draw(1, 5) != draw(2, 5))


@given(
    kind=strategies.sampled_from(["normal", "uniform"]),
    dtype=strategies.sampled_from([tf.float32, tf.float64]),
    seed=strategies.integers(0, 2**32 - 1),
    sizes=strategies.lists(strategies.integers(0, 40), min_size=1, max_size=5),
)
def test_slices_of_any_size_make_up_the_draw(kind, dtype, seed, sizes):
    seed = tf.constant([seed, 3], tf.int64)
    draw = getattr(tf.random, f"stateless_{kind}")
    whole = draw([sum(sizes)], seed, dtype=dtype).numpy()
    starts = np.cumsum([0, *sizes[:-1]])
    slices = [
        draw_slice(kind, seed, start, size, dtype)
        for start, size in zip(starts, sizes, strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(slices), whole)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("replicas", [1, 3, 5])
def test_replicas_draw_their_shares_of_the_global_noise(kind, replicas):
    whole = tf.zeros([15, 3, 3, 1])
    expected = getattr(StepNoise(1, 5), kind)(whole)
    like = tf.zeros([15 // replicas, 3, 3, 1])
    shares = [
        getattr(StepNoise(1, 5, tf.constant(r)), kind)(like)
        for r in range(replicas)
    ]
    np.testing.assert_array_equal(np.concatenate(shares), expected)


def test_a_slice_beyond_32_bits_differs_and_wraps_nowhere():
    seed = tf.constant([1, 2], tf.int64)
    first, far = (
        draw_slice("uniform", seed, start, 8, tf.float32).numpy()
        for start in (0, 2**35)
    )
    assert np.all(first != far)


@pytest.mark.parametrize("replica", [None, 0])
def test_numbered_draws_differ_and_number_0_is_the_plain_one(replica):
    noise = StepNoise(2**32 - 1, 5, replica)
    draws = [noise.normal(LIKE, number).numpy() for number in (0, 1, 2)]
    np.testing.assert_array_equal(draws[0], noise.normal(LIKE))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert np.all(draws[i] != draws[j])


def test_no_number_of_one_seed_draws_what_another_seed_draws():
    first = StepNoise(0, 5).normal(LIKE, number=1)
    assert np.all(first != StepNoise(1, 5).normal(LIKE))
