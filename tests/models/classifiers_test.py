import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.models import BatchNorm, build_classifier
from xvat_tf.settings import resolve


def network(**given):
    return resolve({"dataset": "mnist", **given}).network


def count(model):
    return sum(np.prod(v.shape) for v in model.trainable_variables)


def test_conv13_has_the_weights_of_table_6():
    settings = network(
        network="conv13", bn_affine=True, top_bn=True, keep_prob_hidden=0.5
    )
    model = build_classifier(settings, (32, 32, 3), 10, seed=1)
    kernels = [
        tuple(v.shape) for v in model.trainable_variables if v.name == "kernel"
    ]
    assert kernels == [
        (3, 3, 3, 128),
        (3, 3, 128, 128),
        (3, 3, 128, 128),
        (3, 3, 128, 256),
        (3, 3, 256, 256),
        (3, 3, 256, 256),
        (3, 3, 256, 512),
        (1, 1, 512, 256),
        (1, 1, 256, 128),
        (128, 10),
    ]
    # Kernels, fc bias, gamma and beta of nine layers and of the logits.
    filters = 3 * 128 + 3 * 256 + 512 + 256 + 128
    weights = sum(int(np.prod(shape)) for shape in kernels)
    assert count(model) == weights + 10 + 2 * (filters + 10)


def test_width_scales_the_filters():
    settings = network(network="conv13", width=0.25)
    model = build_classifier(settings, (32, 32, 3), 10, seed=1)
    assert model.get_layer("conv7").kernel.shape == (3, 3, 64, 128)


@pytest.mark.parametrize("sizes", [(1200, 1200), (1200, 600, 300, 150)])
def test_mlp_sizes(sizes):
    model = build_classifier(network(hidden_sizes=sizes), (28, 28, 1), 10, 1)
    widths = (784, *sizes, 10)
    products = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    assert count(model) == products + 10


@pytest.mark.parametrize(
    "given, affine",
    [
        ({}, []),
        ({"top_bn_affine": True}, ["top_bn"]),
        ({"bn_affine": True}, ["bn1", "bn2", "top_bn"]),
    ],
)
def test_which_batch_norms_learn_scale_and_offset(given, affine):
    model = build_classifier(network(top_bn=True, **given), (5,), 10, 1)
    norms = [la for la in model.layers if isinstance(la, BatchNorm)]
    assert [layer.name for layer in norms] == ["bn1", "bn2", "top_bn"]
    assert [la.name for la in norms if la.trainable_variables] == affine


def test_moons_mlp_has_one_hidden_layer_of_100():
    settings = resolve({"dataset": "moons"}).network
    model = build_classifier(settings, (100,), 2, seed=1)
    assert count(model) == 100 * 100 + 100 + 100 * 2 + 2


def test_same_seed_same_weights():
    first, second, other = (
        build_classifier(network(hidden_sizes=(8,)), (5,), 3, seed)
        for seed in (1, 1, 2)
    )
    for a, b in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.any(first.weights[0].numpy() != other.weights[0].numpy())


def test_initial_variance_is_2_over_fan_in():
    model = build_classifier(network(), (28, 28, 1), 10, seed=1)
    kernel = model.get_layer("dense2").kernel.numpy()
    assert kernel.std() == pytest.approx(np.sqrt(2 / 1200), rel=0.01)


def test_initial_weights_of_the_released_programs_and_their_scale():
    uniform = {"initial_weights": "uniform", "initial_scale": 0.5}
    for given, std, largest in (
        (uniform, np.sqrt(0.5 / 1200), np.sqrt(1.5 / 1200)),
        ({"initial_weights": "normal"}, np.sqrt(1 / 1200), np.inf),
    ):
        model = build_classifier(network(**given), (28, 28, 1), 10, seed=1)
        kernel = model.get_layer("dense2").kernel.numpy()
        assert kernel.std() == pytest.approx(std, rel=0.01)
        assert np.abs(kernel).max() <= largest * (1 + 1e-6)
        # Not cut at two deviations, unlike the default.
        assert largest < np.inf or np.abs(kernel).max() > 3 * std


def test_leaky_slope_and_relu():
    for slope in (0.0, 0.1):
        settings = network(hidden_sizes=(4,), lrelu_a=slope)
        model = build_classifier(settings, (5,), 3, seed=1)
        activation = model.get_layer("act1")
        np.testing.assert_allclose(
            activation(tf.constant([[-2.0, 3.0]])), [[-2 * slope, 3.0]]
        )


def test_conv13_refuses_small_images():
    settings = network(network="conv13")
    with pytest.raises(UserError, match="12x12.*choose --network=mlp"):
        build_classifier(settings, (8, 8, 1), 10, seed=1)
    logits = build_classifier(settings, (12, 12, 1), 10, seed=1)(
        tf.zeros([2, 12, 12, 1])
    )
    assert logits.shape == (2, 10)
