"""The dropout noise of our passes, so that the official program gets it too.

Our labeled pass starts from the random state that all other passes of the step
run from. The official program has the same: its passes share their seeds.
"""

import keras
import numpy as np
import tensorflow as tf


def kept_units(
    classifier: keras.Model, steps: int, batch_sizes: set[int]
) -> dict[str, np.ndarray]:
    """Which units each dropout keeps at every step, computed by its layer.

    Returns:
        bool, `(steps, batch, height, width, filters)`, by
        `dropout/<layer from 0>/<batch>` for each of the batch sizes; empty
        without dropout. Nothing of the classifier changes.
    """
    layers = [
        layer
        for layer in classifier.layers
        if isinstance(layer, keras.layers.Dropout)
    ]
    return {
        f"dropout/{i}/{size}": _kept(layer, steps, size)
        for i, layer in enumerate(layers)
        for size in batch_sizes
    }


def _kept(layer, steps, size):
    ones = tf.ones((size, *layer.input.shape[1:]), layer.compute_dtype)
    state = [variable.value for variable in layer.non_trainable_variables]
    kept = []
    for _ in range(steps):
        outputs, state = layer.stateless_call([], state, ones, training=True)
        kept.append(outputs.numpy() != 0)
    return np.stack(kept)
