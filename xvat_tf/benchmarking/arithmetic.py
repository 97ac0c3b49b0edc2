"""How many products a step needs: the cost model.

With F the products of one forward pass of one image, the gradient of the
weights costs F, the gradient passed down through the layers another F, less
the first layer's where nobody asks for the gradient of the image.
"""

import math
from typing import NamedTuple

import keras

from xvat_tf.methods import Pass
from xvat_tf.settings import Settings


class Products(NamedTuple):
    """Multiplications of a forward pass of an image; of its first layer."""

    forward: int
    first: int


def _pass_products(one: Pass, of: Products) -> int:
    count = of.forward * (1 + one.weights)
    if one.backward:
        count += of.forward - (0 if one.inputs else of.first)
    return one.images * count


def layer_products(model: keras.Model) -> Products:
    """Counts convolutions and dense layers of a built network."""
    counts = [
        _positions(layer) * math.prod(layer.kernel.shape)
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense)
    ]
    return Products(sum(counts), counts[0])


def _positions(layer):
    """How often a layer's kernel is applied to one image."""
    shape = layer.output.shape
    return math.prod(shape[1:-1]) if len(shape) == 4 else 1


def generator_products(trainer, settings: Settings) -> int:
    """Multiplications of the inductive generator in a step: forward, kernel.

    The table has none.
    """
    if not settings.method.uses_mask or settings.method.has_table:
        return 0
    images = settings.passes()[-1].images
    shape = trainer.classifier.input_shape
    pixels = math.prod(shape[1:-1]) if len(shape) == 4 else 1
    kernels = [v for v in trainer.generator.variables if len(v.shape) > 1]
    forward = pixels * sum(math.prod(k.shape) for k in kernels)
    deeper = pixels * sum(math.prod(k.shape) for k in kernels[1:])
    return images * (2 * forward + deeper)


def step_gflop(trainer, settings: Settings) -> float:
    """Floating-point operations of a step's products, in 10^9.

    A product and its sum are two operations. Everything else, batch norm,
    activations, losses, updates, is not counted.
    """
    of = layer_products(trainer.classifier)
    products = sum(_pass_products(p, of) for p in settings.passes())
    return 2e-9 * (products + generator_products(trainer, settings))
