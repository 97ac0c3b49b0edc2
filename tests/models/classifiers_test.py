import keras
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


def _convolves(layer):
    return isinstance(layer, keras.layers.Conv2D)


def _three(size, channels, filters):
    """Kernels of three convolutions, one after another."""
    first = (size, size, channels, filters)
    return [first, *[(size, size, filters, filters)] * 2]


CONV13 = [
    *_three(3, 3, 128),
    *_three(3, 128, 256),
    *((3, 3, 256, 512), (1, 1, 512, 256), (1, 1, 256, 128), (128, 10)),
]
CONVSMALL = [
    *_three(3, 3, 96),
    *_three(3, 96, 192),
    *((3, 3, 192, 192), (1, 1, 192, 192), (1, 1, 192, 192), (192, 10)),
]
HALF = [tuple(n // 2 if n > 10 else n for n in kernel) for kernel in CONV13]
DEEP = [(784, 1200), (1200, 600), (600, 300), (300, 150), (150, 10)]


@pytest.mark.parametrize(
    "given, shape, kernels",
    [
        ({"network": "conv13"}, (32, 32, 3), CONV13),
        ({"network": "conv13", "width": 0.5}, (32, 32, 3), HALF),
        ({"network": "convsmall"}, (32, 32, 3), CONVSMALL),
        (
            {"network": "cnn"},
            (8, 8, 1),
            [(3, 3, 1, 32), (3, 3, 32, 64), (3, 3, 64, 128), (128, 10)],
        ),
        ({}, (28, 28, 1), [(784, 1200), (1200, 1200), (1200, 10)]),
        ({"hidden_sizes": (1200, 600, 300, 150)}, (28, 28, 1), DEEP),
        ({"network": "moons_mlp"}, (100,), [(100, 100), (100, 10)]),
    ],
)
def test_kernels(given, shape, kernels):
    """Table 6 for conv13; the paper's perceptrons."""
    model = build_classifier(network(**given), shape, 10, seed=1)
    found = [v.shape for v in model.trainable_variables if v.name == "kernel"]
    assert found == kernels


def test_conv13_learns_scales_offsets_and_one_bias():
    settings = network(network="conv13", bn_affine=True, top_bn=True)
    model = build_classifier(settings, (32, 32, 3), 10, seed=1)
    filters = 3 * 128 + 3 * 256 + 512 + 256 + 128
    weights = sum(int(np.prod(shape)) for shape in CONV13)
    assert count(model) == weights + 10 + 2 * (filters + 10)


@pytest.mark.parametrize(
    "width, first, second", [(1.0, 96, 192), (0.667, 64, 128)]
)
def test_convsmall_pools_twice_and_shrinks_once(width, first, second):
    """At its widths for CIFAR-10 and for SVHN."""
    settings = network(network="convsmall", width=width)
    model = build_classifier(settings, (32, 32, 3), 10, seed=1)
    shapes = [la.output.shape[1:] for la in model.layers if _convolves(la)]
    assert shapes[::4] == [(32, 32, first), (16, 16, second), (6, 6, second)]
    rates = [la.rate for la in model.layers if hasattr(la, "rate")]
    assert rates == [0.5, 0.5]


def test_wrn28_2_has_the_published_number_of_parameters():
    """1,467,610: kernels, two per batch norm's channel, logits with bias."""
    settings = network(network="wrn28_2")
    model = build_classifier(settings, (32, 32, 3), 10, seed=1)
    kernels = 27 * 16 + (16 + 7 * 32) * 9 * 32 + 16 * 32
    for width in (64, 128):
        kernels += 9 * width * (width // 2 + 7 * width) + width // 2 * width
    norms = 16 + 7 * 32 + 32 + 7 * 64 + 64 + 7 * 128 + 128
    assert count(model) == kernels + 2 * norms + 128 * 10 + 10 == 1_467_610
    # 28 layers: the first convolution, 24 in units, three that widen.
    assert sum(map(_convolves, model.layers)) == 28
    assert model.get_layer("sum23").output.shape == (None, 8, 8, 128)


def test_a_unit_of_wrn28_2_adds_its_input():
    """With kernels of 0 the units of a group pass on what it begins with."""
    settings = network(network="wrn28_2", width=0.125)
    model = build_classifier(settings, (8, 8, 3), 10, seed=1)
    for layer in model.layers:
        if _convolves(layer) and layer.name[4:] in map(str, range(2, 26)):
            layer.kernel.assign(tf.zeros_like(layer.kernel))
    parts = [f"{name}{i}" for i in (1, 9, 17) for name in ("shortcut", "sum")]
    parts = [*parts, "act1", "sum7", "sum15", "sum23"]
    inner = keras.Model(
        model.input, {name: model.get_layer(name).output for name in parts}
    )
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 3))
    found = inner(images.astype("float32"))
    # The first shortcut is of activated values, the others of plain sums.
    for i, of in ((1, "act1"), (9, "sum7"), (17, "sum15")):
        kernel = model.get_layer(f"shortcut{i}").kernel[0, 0]
        strides = 1 if i == 1 else 2
        projected = found[of][:, ::strides, ::strides] @ kernel
        np.testing.assert_allclose(found[f"shortcut{i}"], projected, atol=1e-5)
        np.testing.assert_array_equal(found[f"sum{i}"], found[f"shortcut{i}"])
        np.testing.assert_array_equal(found[f"sum{i + 6}"], found[f"sum{i}"])


def test_logits_keep_their_precision():
    settings = network(network="wrn28_2", width=0.0625, top_bn=True)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_classifier(settings, (12, 12, 1), 10, seed=1)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("conv2").compute_dtype == "bfloat16"
    assert model(tf.zeros([2, 12, 12, 1])).dtype == tf.float32


def test_networks_bring_their_own_options():
    """Also on digits, whose perceptron has ReLU and no scale and offset."""
    own = resolve({"dataset": "digits", "network": "wrn28_2"}).network
    assert (own.lrelu_a, own.bn_affine, own.keep_prob_hidden) == (0.1, True, 1)
    assert network(network="convsmall", lrelu_a=0.2).lrelu_a == 0.2
    assert network(network="convsmall").keep_prob_hidden == 0.5
    assert network(network="conv13").lrelu_a == 0  # As it always was.


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


def test_same_seed_same_weights():
    first, second, other = (
        build_classifier(network(hidden_sizes=(8,)), (5,), 3, seed)
        for seed in (1, 1, 2)
    )
    for a, b in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.any(first.weights[0].numpy() != other.weights[0].numpy())


@pytest.mark.parametrize(
    "given, std, largest",
    [
        ({}, np.sqrt(2 / 1200), 2.3 * np.sqrt(2 / 1200)),
        (
            {"initial_weights": "uniform", "initial_scale": 0.5},
            np.sqrt(0.5 / 1200),
            np.sqrt(1.5 / 1200),
        ),
        ({"initial_weights": "normal"}, np.sqrt(1 / 1200), np.inf),
    ],
)
def test_initial_weights_and_their_scale(given, std, largest):
    """Truncated at two deviations of what it was before; not so the last."""
    model = build_classifier(network(**given), (28, 28, 1), 10, seed=1)
    kernel = model.get_layer("dense2").kernel.numpy()
    assert kernel.std() == pytest.approx(std, rel=0.01)
    assert np.abs(kernel).max() <= largest * (1 + 1e-6)
    assert largest < np.inf or np.abs(kernel).max() > 3 * std


def test_leaky_slope_and_relu():
    for slope in (0.0, 0.1):
        settings = network(hidden_sizes=(4,), lrelu_a=slope)
        model = build_classifier(settings, (5,), 3, seed=1)
        activation = model.get_layer("act1")
        np.testing.assert_allclose(
            activation(tf.constant([[-2.0, 3.0]])), [[-2 * slope, 3.0]]
        )


@pytest.mark.parametrize(
    "name, least",
    [("conv13", 12), ("convsmall", 12), ("wrn28_2", 8), ("cnn", 8)],
)
def test_convolutions_refuse_small_images(name, least):
    settings = network(network=name, width=0.0625)
    for shape in ((least, least - 1, 1), (100,)):
        with pytest.raises(UserError, match=f"{least}x{least}.*=mlp"):
            build_classifier(settings, shape, 10, seed=1)
    logits = build_classifier(settings, (least, least, 1), 10, seed=1)(
        tf.zeros([2, least, least, 1])
    )
    assert logits.shape == (2, 10)
