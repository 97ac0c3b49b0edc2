"""The networks that this project registers, layer by layer."""

import itertools

import keras

from xvat_tf.models.blocks import Blocks


def _network(layers):
    """Makes the builder of a network whose layers are a function of `Blocks`.

    It takes the arguments of `build_classifier`.
    """

    def build(settings, image_shape, num_classes, seed) -> keras.Model:
        images = keras.Input(image_shape, name="images")
        blocks = Blocks(settings, num_classes, seed)
        return keras.Model(images, layers(blocks, images), name="classifier")

    build.__doc__ = layers.__doc__
    return build


@_network
def build_moons_mlp(blocks, x):
    """Builds 100 -> 100 -> 2; the fixed map 2 -> 100 belongs to the points."""
    x = keras.layers.ReLU(name="relu")(
        blocks.plain_dense(blocks.flatten(x), 100)
    )
    return blocks.plain_logits(x)


@_network
def build_mlp(blocks, x):
    """Builds hidden layers without bias, batch norm, (Leaky)ReLU each."""
    x = blocks.flatten(x)
    for i, units in enumerate(blocks.settings.hidden_sizes, start=1):
        x = blocks.dense(x, units, i)
    return blocks.logits(x)


@_network
def build_conv13(blocks, x):
    """Builds table 6: nine convolutions; cnn.py of vat_tf at width 1."""
    return _nine_convolutions(blocks, x, (128, 256), (512, 256, 128))


@_network
def build_convsmall(blocks, x):
    """Builds Conv-Small of VAT for CIFAR-10; at width 2/3, for SVHN.

    Miyato et al., "Virtual Adversarial Training", arXiv 1704.03976, appendix
    D: 96 and 192 filters, for SVHN 64 and 128.
    """
    return _nine_convolutions(blocks, x, (96, 192), (192, 192, 192))


def _nine_convolutions(blocks, x, thrice, last):
    """Three 3x3 each of two sizes, pooled; 3x3 without padding, 1x1, 1x1."""
    numbers = itertools.count(1)
    for filters in thrice:
        for _ in range(3):
            x = blocks.conv(x, filters, next(numbers))
        x = blocks.pool(x)
    for filters, size in zip(last, (3, 1, 1), strict=True):
        x = blocks.conv(x, filters, next(numbers), size, padding="valid")
    return blocks.pooled_logits(x)


@_network
def build_cnn(blocks, x):
    """Builds three convolutions with pooling between, small for a CPU."""
    x = blocks.pool(blocks.conv(x, 32, 1))
    x = blocks.pool(blocks.conv(x, 64, 2))
    return blocks.pooled_logits(blocks.conv(x, 128, 3))


@_network
def build_wrn28_2(blocks, x):
    """Builds the Wide ResNet of 28 layers, twice as wide.

    Zagoruyko and Komodakis, arXiv 1605.07146, as Oliver et al., "Realistic
    Evaluation of Deep Semi-Supervised Learning Algorithms", use it: three
    groups of four units of two convolutions, with leaky ReLU.
    """
    x = blocks.plain_conv(x, 16, "conv1")
    for group, filters in enumerate((32, 64, 128)):
        for unit in range(4):
            x = _residual(blocks, x, filters, group, unit)
    return blocks.pooled_logits(blocks.activated(x, 25))


def _residual(blocks, x, filters, group, unit):
    """A unit after activation; the first of a group has another width."""
    i = 1 + 8 * group + 2 * unit
    strides = 2 if group and not unit else 1
    y = blocks.activated(x, i)
    if unit == 0:
        x = y if group == 0 else x
        x = blocks.plain_conv(x, filters, f"shortcut{i}", 1, strides=strides)
    y = blocks.plain_conv(y, filters, f"conv{i + 1}", strides=strides)
    y = blocks.dropout(blocks.activated(y, i + 1))
    y = blocks.plain_conv(y, filters, f"conv{i + 2}")
    return keras.layers.Add(name=f"sum{i}")([x, y])
