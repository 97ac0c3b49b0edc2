import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.training.noise import StepNoise

LIKE = tf.zeros([200, 50])


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_noise_follows_from_seed_and_step(kind):
    def draw(seed, step):
        return getattr(StepNoise(seed, step), kind)(LIKE).numpy()

    np.testing.assert_array_equal(draw(1, 5), draw(1, tf.constant(5)))
    assert np.any(draw(1, 5) != draw(1, 6))
    assert np.any(draw(1, 5) != draw(2, 5))


def test_distributions():
    noise = StepNoise(2**32 - 1, 3)
    normal, uniform = noise.normal(LIKE).numpy(), noise.uniform(LIKE).numpy()
    assert normal.mean() == pytest.approx(0, abs=0.05)
    assert normal.std() == pytest.approx(1, abs=0.05)
    assert uniform.mean() == pytest.approx(0.5, abs=0.02)
    assert uniform.min() >= 0 and uniform.max() < 1
