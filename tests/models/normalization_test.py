import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.models import BatchNorm


def test_batch_norm_by_hand(float64):
    layer = BatchNorm(decay=0.9, epsilon=1.0)
    x = tf.constant([[0.0], [2.0], [4.0]], tf.float64)
    found = layer(x, training=True)
    # Mean 2, biased variance 8/3, unbiased 4.
    expected = (np.array([[0], [2], [4]]) - 2) / np.sqrt(1 + 8 / 3)
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(layer.moving_mean, [0.1 * 2])
    np.testing.assert_allclose(layer.moving_variance, [0.9 + 0.1 * 4])


def test_inference_uses_moving_statistics(float64):
    layer = BatchNorm(decay=0.5, epsilon=1.0)
    layer(tf.constant([[0.0], [4.0]], tf.float64), training=True)
    # Moving mean 1; moving variance 1/2 + 1/2 * 8 = 4.5.
    found = layer(tf.constant([[3.0]], tf.float64), training=False)
    np.testing.assert_allclose(found, [[2 / np.sqrt(5.5)]])


def test_a_saved_layer_comes_back_as_it_was():
    given = {"decay": 0.5, "epsilon": 0.1, "affine": False}
    twin = BatchNorm.from_config(BatchNorm(**given).get_config())
    assert {name: getattr(twin, name) for name in given} == given


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(7, 3), (4, 5, 5, 3)])
def test_fused_is_single_operations(shape, training):
    """Outputs, statistics and gradients, about a mean that is not small."""
    x = tf.random.stateless_normal(shape, (1, 2), 5.0, 2.0, tf.float64)
    outcomes = []
    for dtype in ("float64", "float32"):
        layer = BatchNorm(decay=0.5, epsilon=1e-6, dtype=dtype)
        inputs = tf.cast(x, dtype)
        layer.build(shape)
        layer.gamma.assign([1.0, 2.0, 3.0])
        layer.beta.assign([0.5, 0.0, -0.5])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, training=training)
            loss = tf.reduce_sum(tf.sin(outputs))
        watched = [inputs, layer.gamma.value, layer.beta.value]
        outcomes.append(
            [
                outputs,
                layer.moving_mean,
                layer.moving_variance,
                *tape.gradient(loss, watched),
            ]
        )
    for plain, fused in zip(*outcomes, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-4, atol=2e-5)


def test_low_precision_keeps_statistics_in_float32():
    layer = BatchNorm(dtype="mixed_bfloat16")
    outputs = layer(tf.random.stateless_normal((64, 3), (1, 2)), training=True)
    assert outputs.dtype == "bfloat16"
    assert {v.dtype for v in layer.variables} == {"float32"}
    assert abs(float(layer.moving_mean[0])) > 0
