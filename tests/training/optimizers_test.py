import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.training.optimizers import FusedAdam, FusedMomentum


def compiled_step(optimizer, variable, jit_compile=False):
    return tf.function(
        lambda g: optimizer.apply([g], [variable]), jit_compile=jit_compile
    )


def test_first_step_by_hand(float64):
    """At step 1 both corrections cancel: a move by lr g / (|g| + eps')."""
    variable = keras.Variable([1.0, 2.0], dtype="float64")
    optimizer = FusedAdam(0.1, epsilon=1e-3)
    optimizer.apply([tf.constant([4.0, -0.5], tf.float64)], [variable])
    # epsilon is added to sqrt(v) before the correction, sqrt(0.001) |g|.
    root = np.sqrt(0.001) * np.array([4.0, 0.5])
    moved = 0.1 * np.sqrt(0.001) / 0.1 * 0.1 * np.array([4.0, -0.5])
    np.testing.assert_allclose(
        variable, [1.0, 2.0] - moved / (root + 1e-3), rtol=1e-12
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_ten_steps_are_those_of_keras(jit_compile):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(5, 3)).astype("float32")
    gradients = rng.normal(size=(10, 5, 3)).astype("float32")
    ends = []
    for optimizer in (
        FusedAdam(0.01, 0.8, 0.99),
        keras.optimizers.Adam(0.01, 0.8, 0.99, epsilon=1e-8),
    ):
        variable = keras.Variable(start)
        optimizer.build([variable])
        step = compiled_step(optimizer, variable, jit_compile)
        for gradient in gradients:
            step(tf.constant(gradient))
        assert int(optimizer.iterations) == 10
        ends.append(variable.numpy())
    np.testing.assert_allclose(*ends, rtol=1e-5)


def test_beta_1_can_change_between_compiled_steps():
    variable = keras.Variable([0.0])
    optimizer = FusedAdam(0.1)
    optimizer.build([variable])
    step = compiled_step(optimizer, variable)
    step(tf.constant([1.0]))
    optimizer.beta_1.assign(0.0)
    before = variable.numpy()
    step(tf.constant([-1.0]))
    # Without momentum the step follows the new gradient, not the mean.
    assert variable.numpy() > before


def test_config_round_trip():
    optimizer = FusedAdam(0.5, 0.1, 0.2, 1e-3)
    optimizer.beta_1.assign(0.3)
    twin = FusedAdam.from_config(optimizer.get_config())
    found = [float(v) for v in (twin.learning_rate, twin.beta_1, twin.beta_2)]
    np.testing.assert_allclose(found, [0.5, 0.3, 0.2], rtol=1e-6)
    assert twin.epsilon == 1e-3


def table_step(optimizer, variable, row, jit_compile):
    optimizer.build([variable])

    def step(value):
        rows = tf.IndexedSlices(tf.reshape(value, [1, 1]), [row], [2, 1])
        optimizer.apply([rows], [variable])

    return tf.function(step, jit_compile=jit_compile)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_rows_that_are_not_drawn_go_on(jit_compile):
    """Row 0 is drawn first, row 1 then; by hand with betas 0.5 and 0.75."""
    variable = keras.Variable(tf.zeros([2, 1]))
    optimizer = FusedAdam(1.0, 0.5, 0.75, epsilon=1e-30)
    for row, slope in ((0, 4.0), (1, 2.0)):
        table_step(optimizer, variable, row, jit_compile)(slope)
    # Step 2 corrects by sqrt(1 - 0.75^2) / (1 - 0.5^2).
    correction = np.sqrt(0.4375) / 0.75
    new = -correction * (0.5 * 2) / np.sqrt(0.25 * 2**2)
    gone_on = -correction * (0.25 * 4) / np.sqrt(0.1875 * 4**2)
    expected = [-1 + gone_on, new]
    np.testing.assert_allclose(variable.numpy()[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_two_steps_of_a_rate_that_halves_by_hand(jit_compile):
    variable = keras.Variable([0.0])
    optimizer = FusedMomentum(1.0, 0.9)
    optimizer.build([variable])
    step = compiled_step(optimizer, variable, jit_compile)
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
