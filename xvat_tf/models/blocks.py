"""The layers that the classifiers are made of, as `NetworkSettings` say."""

import keras
import tensorflow as tf

from xvat_tf.hidden_noise import HiddenNoise
from xvat_tf.models.normalization import BatchNorm
from xvat_tf.settings import NetworkSettings

# Variance times fan-in, and Keras' name of the distribution.
_INITIAL_WEIGHTS = {
    "truncated_normal": (2.0, "truncated_normal"),
    "uniform": (2.0, "uniform"),
    "normal": (1.0, "untruncated_normal"),
}
_FORMAT = "channels_last"  # Whatever keras.json says.


class Blocks:
    """Layers of one network, called in the order of their seeds.

    Each method takes a symbolic tensor and returns the layer's output. `i`
    numbers the layers in their names: conv1, bn1, act1. The seed is of the
    initial weights and of dropout.
    """

    def __init__(self, settings: NetworkSettings, num_classes: int, seed: int):
        self.settings, self._num_classes = settings, num_classes
        self._seeds = iter(range(seed * 1000, (seed + 1) * 1000))

    def flatten(self, x):
        return keras.layers.Flatten(_FORMAT)(x)

    def dense(self, x, units, i):
        """A hidden layer without bias, batch norm, LeakyReLU."""
        x = self.plain_dense(x, units, use_bias=False, name=f"dense{i}")
        return self.activated(x, i)

    def plain_dense(self, x, units, **options):
        """A layer, by default with bias, and nothing after it."""
        initializer = self._initializer()
        return keras.layers.Dense(
            units, kernel_initializer=initializer, **options
        )(x)

    def plain_logits(self, x):
        """Never in low precision: divergences are differences of logits."""
        return self.plain_dense(
            x, self._num_classes, name="logits", dtype=keras.config.floatx()
        )

    def conv(self, x, filters, i, kernel_size=3, padding="same"):
        """A convolution without bias, batch norm, LeakyReLU."""
        x = self.plain_conv(x, filters, f"conv{i}", kernel_size, padding)
        return self.activated(x, i)

    def plain_conv(
        self, x, filters, name, kernel_size=3, padding="same", strides=1
    ):
        """A convolution without bias and nothing after it."""
        return keras.layers.Conv2D(
            max(1, round(filters * self.settings.width)),
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=_FORMAT,
            use_bias=False,
            kernel_initializer=self._initializer(),
            name=name,
        )(x)

    def activated(self, x, i):
        """Batch norm, noise of the perturbed pass if asked for, LeakyReLU."""
        x = self._batch_norm(f"bn{i}", self.settings.bn_affine)(x)
        if self.settings.hidden_noise:
            x = HiddenNoise(self.settings.hidden_noise, name=f"noise{i}")(x)
        slope = self.settings.lrelu_a
        return LeakyReLU(negative_slope=slope, name=f"act{i}")(x)

    def pool(self, x):
        """The largest of 2x2, then dropout."""
        x = keras.layers.MaxPooling2D(2, padding="same", data_format=_FORMAT)(x)
        return self.dropout(x)

    def dropout(self, x):
        rate = 1 - self.settings.keep_prob_hidden
        if rate == 0:
            return x
        return keras.layers.Dropout(rate, seed=next(self._seeds))(x)

    def pooled_logits(self, x):
        """Logits of the mean over all positions."""
        exact = keras.config.floatx()
        x = keras.layers.GlobalAveragePooling2D(_FORMAT, dtype=exact)(x)
        return self.logits(x)

    def logits(self, x):
        """Logits, with batch norm if asked for."""
        x = self.plain_logits(x)
        if not self.settings.top_bn:
            return x
        affine = self.settings.bn_affine or self.settings.top_bn_affine
        exact = keras.config.floatx()
        return self._batch_norm("top_bn", affine, dtype=exact)(x)

    def _batch_norm(self, name, affine, dtype=None):
        return BatchNorm(
            decay=self.settings.bn_stats_decay_factor,
            epsilon=self.settings.bn_epsilon,
            affine=affine,
            synchronized=self.settings.sync_bn,
            name=name,
            dtype=dtype,
        )

    def _initializer(self):
        scale, distribution = _INITIAL_WEIGHTS[self.settings.initial_weights]
        return keras.initializers.VarianceScaling(
            scale=scale * self.settings.initial_scale**2,
            mode="fan_in",
            distribution=distribution,
            seed=next(self._seeds),
        )


@keras.saving.register_keras_serializable(package="xvat_tf")
class LeakyReLU(keras.layers.LeakyReLU):
    """Keras' own layer with the slope in the precision of the input.

    TensorFlow's fused operation takes the slope as a float32, 0.1 as
    0.100000001, whatever it multiplies.
    """

    def call(self, inputs):
        if inputs.dtype != tf.float64:
            return super().call(inputs)
        return tf.maximum(inputs, self.negative_slope * inputs)
