"""Models and inputs such as users bring: every kind once."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import xvat_tf

CLASSES, SIDE, COUNT = 3, 6, 24


def labels():
    return np.arange(COUNT) % CLASSES


def images(seed=0, channels=2):
    """Images whose brightness tells the class."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.3, (COUNT, SIDE, SIDE, channels))
    return (noise + labels()[:, None, None, None] - 1).astype("float32")


def vectors(seed=0):
    return images(seed).reshape(COUNT, -1)[:, :20]


def sequences(seed=0):
    return images(seed).reshape(COUNT, -1, 2)


def batches(*parts, size=8):
    """A dataset of batches: of inputs alone, or of tuples with labels."""
    given = parts if len(parts) > 1 else parts[0]
    return tf.data.Dataset.from_tensor_slices(given).batch(size)


def refused(match, act):
    """Acts, which must end in one line that matches."""
    with pytest.raises(xvat_tf.UserError, match=match) as caught:
        act()
    assert "\n" not in str(caught.value)


def linear():
    """Of vectors, its logits are zero at first."""
    return keras.Sequential(
        [keras.Input((20,)), keras.layers.Dense(3, kernel_initializer="zeros")]
    )


def _stack(outputs=CLASSES):
    """Layers that start the same each time."""
    keras.utils.set_random_seed(0)
    return [
        keras.layers.Flatten(),
        keras.layers.Dense(8),
        keras.layers.BatchNormalization(),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.2, seed=1),
        keras.layers.Dense(outputs),
    ]


def sequential(shape=(SIDE, SIDE, 2), outputs=CLASSES):
    return keras.Sequential([keras.Input(shape), *_stack(outputs)])


def unbuilt(shape=None, outputs=CLASSES):
    return keras.Sequential(_stack(outputs))


def functional(shape=(SIDE, SIDE, 2), outputs=CLASSES):
    x = inputs = keras.Input(shape)
    for layer in _stack(outputs):
        x = layer(x)
    return keras.Model(inputs, x)


@keras.saving.register_keras_serializable(package="own_models")
class Subclassed(keras.Model):
    """Built by its first call."""

    def __init__(self, outputs=CLASSES, **kwargs):
        super().__init__(**kwargs)
        self.outputs_ = outputs
        self.flatten = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(8, kernel_regularizer="l2")
        self.norm = keras.layers.BatchNormalization()
        self.logits = keras.layers.Dense(outputs)

    def call(self, x, training=False):
        x = self.norm(self.hidden(self.flatten(x)), training=training)
        return self.logits(keras.ops.relu(x))

    def get_config(self):
        return super().get_config() | {"outputs": self.outputs_}


def subclassed(shape=None, outputs=CLASSES):
    return Subclassed(outputs)


def nested(shape=(SIDE, SIDE, 2), outputs=CLASSES):
    """A backbone within, frozen but for nothing, and layers that prepare."""
    backbone = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(4, 3, padding="same"),
            keras.layers.BatchNormalization(),
        ]
    )
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.RandomFlip(seed=2),
            keras.layers.Rescaling(2.0),
            backbone,
            *_stack(outputs),
        ]
    )


def one_dimensional():
    return keras.Sequential(
        [
            keras.Input((SIDE * SIDE, 2)),
            keras.layers.Conv1D(4, 3),
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dense(CLASSES),
        ]
    )


def two_inputs(form=dict):
    """An image to perturb and a category beside it, as a dict or a list."""
    image = keras.Input((SIDE, SIDE, 2), name="image")
    kind = keras.Input((), dtype="int32", name="kind")
    embedded = keras.layers.Embedding(4, 3)(kind)
    x = keras.layers.Dense(8, activation="tanh")(keras.layers.Flatten()(image))
    x = keras.layers.Concatenate()([x, embedded])
    inputs = {"image": image, "kind": kind}
    inputs = inputs if form is dict else list(inputs.values())
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(x))


class Seen(keras.layers.Layer):
    """Hands its inputs on and keeps the first column, where steps are eager."""

    def __init__(self):
        super().__init__()
        self.columns = []

    def call(self, x):
        if tf.executing_eagerly():
            self.columns.append(x.numpy()[:, 0])
        return x
