"""The classifiers of the experiments, each a Keras model images -> logits."""

import inspect

import keras
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.hidden_noise import HiddenNoise
from xvat_tf.models.normalization import BatchNorm
from xvat_tf.named import named
from xvat_tf.networks import find_network
from xvat_tf.settings import NetworkSettings

_SMALLEST_CONV13_SIDE = find_network("conv13").smallest_side
# Variance times fan-in, and Keras' name of the distribution.
_INITIAL_WEIGHTS = {
    "truncated_normal": (2.0, "truncated_normal"),
    "uniform": (2.0, "uniform"),
    "normal": (1.0, "untruncated_normal"),
}
_FORMAT = "channels_last"  # Whatever keras.json says.


def build_classifier(
    settings: NetworkSettings,
    image_shape: tuple[int, ...],
    num_classes: int,
    seed: int,
) -> keras.Model:
    """Builds the network that the settings name.

    Args:
        settings: Network and its options.
        image_shape: `(height, width, channels)` or `(features,)`.
        num_classes: Number of logits.
        seed: Seed of the initial weights and of dropout.

    Returns:
        A built model: float images `(batch, *image_shape)` -> logits
        `(batch, num_classes)`. Gradient flows.

    Raises:
        UserError: The network cannot take images of this shape.
    """
    build = _builder(settings.network)
    arguments = settings, image_shape, num_classes, seed
    try:  # A run folder of a stranger may name anything.
        inspect.signature(build).bind(*arguments)
    except (TypeError, ValueError):
        raise UserError(
            f"--network={settings.network} is no function of (settings,"
            " image_shape, num_classes, seed): give one."
        ) from None
    model = build(*arguments)
    shape = getattr(model, "output_shape", None)
    if not isinstance(model, keras.Model) or shape != (None, num_classes):
        raise UserError(
            f"--network={settings.network} made {type(model).__name__} with"
            f" outputs {shape}: return a keras.Model, inputs -> logits, here"
            f" (None, {num_classes})."
        )
    return model


def _builder(network):
    try:
        return named(find_network(network).builder)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"--network={network} cannot be imported ({error}): give"
            " module:function, the module in the current folder or installed."
        ) from None


def build_moons_mlp(*arguments) -> keras.Model:
    """Builds 100 -> 100 -> 2; see `build_classifier` for the arguments."""
    return _Builder(*arguments).model("moons_mlp")


def build_mlp(*arguments) -> keras.Model:
    """Builds the perceptron; see `build_classifier` for the arguments."""
    return _Builder(*arguments).model("mlp")


def build_conv13(*arguments) -> keras.Model:
    """Builds Table 6; see `build_classifier` for the arguments."""
    return _Builder(*arguments).model("conv13")


class _Builder:
    """One method per network, over shared blocks."""

    def __init__(self, settings, image_shape, num_classes, seed):
        self._settings, self._image_shape = settings, image_shape
        self._num_classes = num_classes
        self._seeds = iter(range(seed * 1000, (seed + 1) * 1000))

    def model(self, network):
        inputs = keras.Input(self._image_shape, name="images")
        return keras.Model(
            inputs, getattr(self, network)(inputs), name="classifier"
        )

    def moons_mlp(self, x):
        """100 -> 100 -> 2; the fixed map 2 -> 100 belongs to the points."""
        x = self._dense(keras.layers.Flatten(_FORMAT)(x), 100, use_bias=True)
        x = keras.layers.ReLU(name="relu")(x)
        return self._dense(
            x,
            self._num_classes,
            use_bias=True,
            name="logits",
            dtype=keras.config.floatx(),
        )

    def mlp(self, x):
        """Hidden layers without bias, batch norm, (Leaky)ReLU each."""
        x = keras.layers.Flatten(_FORMAT)(x)
        for i, units in enumerate(self._settings.hidden_sizes, start=1):
            x = self._dense(x, units, use_bias=False, name=f"dense{i}")
            x = self._normalized(x, i)
        return self._logits(x)

    def conv13(self, x):
        """Table 6: nine convolutions; cnn.py of vat_tf at width 1."""
        if len(x.shape) != 4 or min(x.shape[1:3]) < _SMALLEST_CONV13_SIDE:
            raise UserError(
                "--network=conv13 needs images of"
                f" {_SMALLEST_CONV13_SIDE}x{_SMALLEST_CONV13_SIDE} or more,"
                f" given shape {tuple(x.shape[1:])}: choose --network=mlp."
            )
        for i in (1, 2, 3):
            x = self._convolution(x, 128, i)
        x = self._pool(x)
        for i in (4, 5, 6):
            x = self._convolution(x, 256, i)
        x = self._pool(x)
        x = self._convolution(x, 512, 7, padding="valid")
        x = self._convolution(x, 256, 8, kernel_size=1)
        x = self._convolution(x, 128, 9, kernel_size=1)
        x = keras.layers.GlobalAveragePooling2D(
            _FORMAT, dtype=keras.config.floatx()
        )(x)
        return self._logits(x)

    def _logits(self, x):
        """Never in low precision: divergences are differences of logits."""
        exact = {"dtype": keras.config.floatx()}
        x = self._dense(
            x, self._num_classes, use_bias=True, name="logits", **exact
        )
        settings = self._settings
        if not settings.top_bn:
            return x
        affine = settings.bn_affine or settings.top_bn_affine
        return self._batch_norm("top_bn", affine, **exact)(x)

    def _convolution(self, x, filters, i, kernel_size=3, padding="same"):
        x = keras.layers.Conv2D(
            max(1, round(filters * self._settings.width)),
            kernel_size,
            padding=padding,
            data_format=_FORMAT,
            use_bias=False,
            kernel_initializer=self._initializer(),
            name=f"conv{i}",
        )(x)
        return self._normalized(x, i)

    def _dense(self, x, units, use_bias, name=None, dtype=None):
        return keras.layers.Dense(
            units,
            use_bias=use_bias,
            kernel_initializer=self._initializer(),
            name=name,
            dtype=dtype,
        )(x)

    def _normalized(self, x, i):
        x = self._batch_norm(f"bn{i}", self._settings.bn_affine)(x)
        if self._settings.hidden_noise:
            x = HiddenNoise(self._settings.hidden_noise, name=f"noise{i}")(x)
        slope = self._settings.lrelu_a
        return LeakyReLU(negative_slope=slope, name=f"act{i}")(x)

    def _batch_norm(self, name, affine, dtype=None):
        return BatchNorm(
            decay=self._settings.bn_stats_decay_factor,
            epsilon=self._settings.bn_epsilon,
            affine=affine,
            synchronized=self._settings.sync_bn,
            name=name,
            dtype=dtype,
        )

    def _pool(self, x):
        x = keras.layers.MaxPooling2D(2, padding="same", data_format=_FORMAT)(x)
        rate = 1 - self._settings.keep_prob_hidden
        if rate == 0:
            return x
        return keras.layers.Dropout(rate, seed=next(self._seeds))(x)

    def _initializer(self):
        scale, distribution = _INITIAL_WEIGHTS[self._settings.initial_weights]
        return keras.initializers.VarianceScaling(
            scale=scale * self._settings.initial_scale**2,
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
