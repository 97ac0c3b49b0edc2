import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.training.optimizers import FusedMomentum


@pytest.mark.parametrize("jit_compile", [False, True])
def test_two_steps_of_a_rate_that_halves_by_hand(jit_compile):
    variable = keras.Variable([0.0])
    optimizer = FusedMomentum(1.0, 0.9)
    optimizer.build([variable])
    step = tf.function(
        lambda g: optimizer.apply([g], [variable]), jit_compile=jit_compile
    )
    step(tf.constant([1.0]))
    optimizer.learning_rate.assign(0.5)
    step(tf.constant([2.0]))
    # v: 1, then 0.9 * 1 + 2; Keras' own SGD would be at -1 - 0.9 - 1.
    np.testing.assert_allclose(variable, [-1 - 0.5 * 2.9], rtol=1e-6)


def test_without_momentum_it_is_plain_descent():
    variable = keras.Variable([3.0])
    optimizer = FusedMomentum(0.5, 0.0)
    optimizer.apply([tf.constant([2.0])], [variable])
    assert variable.numpy() == 2.0
    assert FusedMomentum.from_config(optimizer.get_config()).momentum == 0
