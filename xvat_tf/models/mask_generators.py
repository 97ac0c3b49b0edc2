"""Where log alpha comes from: a small network, or a row per training image."""

import keras
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.methods import Masks
from xvat_tf.models.held_rows import EVERYTHING, Held
from xvat_tf.settings.axes import mask_shape


def build_generator(
    settings: Masks,
    image_shape: tuple[int, ...],
    num_images: int,
    seed: int,
    held: Held = EVERYTHING,
    channels: str = "last",
) -> keras.layers.Layer:
    """Builds the mask generator that the settings name.

    Args:
        settings: Mask model, layers, filters, mask channels, bound.
        image_shape: `(height, width, channels)` or `(features,)`; or of a
            sequence `(steps, channels)`, of a volume one side more.
        num_images: Rows of the transductive table.
        seed: Seed of the initial weights or rows.
        held: Rows of the transductive table that this process holds.
        channels: `"last"`, `"first"` or `"none"`, where they are.

    Returns:
        A built layer `(images, indices) -> log_alpha`, `InductiveGenerator`
        or `MaskTable`.

    Raises:
        UserError: `lambda_smooth` is above 0 for vectors.
    """
    planar = len(image_shape) == (2 if channels == "none" else 3)
    if settings.lambda_smooth and (channels == "first" or not planar):
        raise UserError(
            f"--lambda_smooth={settings.lambda_smooth} compares neighbouring"
            " pixels and needs images with channels last, but the data has the"
            f" shape {image_shape}: leave it out."
        )
    shared = settings.mask_channels == "shared"
    shape = mask_shape(image_shape, channels, shared)
    if settings.has_table:
        return MaskTable(
            num_images,
            shape,
            seed=seed,
            held=held,
            bound=settings.log_alpha_bound,
            mean=settings.log_alpha_mean,
        )
    generator = InductiveGenerator(
        outputs=1 if channels == "none" else shape[_AXES[channels]],
        layers=settings.generator_layers,
        filters=settings.generator_filters,
        seed=seed,
        init_scale=settings.generator_init_scale,
        bound=settings.log_alpha_bound,
        channels=channels,
        mean=settings.log_alpha_mean,
    )
    generator.build((None, *image_shape), (None,))
    return generator


# Of the channels, in the shape of one input.
_AXES = {"last": -1, "first": 0}
_CONVOLUTIONS = {
    3: keras.layers.Conv1D,
    4: keras.layers.Conv2D,
    5: keras.layers.Conv3D,
}


def _bounded(log_alpha: tf.Tensor, bound: float) -> tf.Tensor:
    """Log alpha within (-bound, bound): bound tanh(log_alpha / bound).

    What epsilon is to r: a mask that may grow without limit erases what
    the classifier reads. Neither in the paper nor in the released code. The
    gradient is less the nearer the bound; a bound of 0 is none.
    """
    return bound * tf.tanh(log_alpha / bound) if bound else log_alpha


@keras.saving.register_keras_serializable(package="xvat_tf")
class InductiveGenerator(keras.layers.Layer):
    """Log alpha as a small convolutional network of the image.

    3x3 convolutions with edge-replicated padding, ReLU between them; for
    vectors, dense layers of the vector's own width. Kernels start in
    U(-s/sqrt(fan_in), s/sqrt(fan_in)) and biases at 0, but for the last
    layer's, which is the mean of log alpha then; s = 1 is the released
    code's draw. At its learning rate of 1e-6 the generator hardly moves, so
    the first draw decides, and wider ones hide the digits on some seeds
    (docs/notes/recipe.md).

    Args:
        outputs: Mask channels (1: shared by the colours), or the features of
            a vector.
        layers: Number of convolutions, 1 or more.
        filters: Filters of every convolution except the last.
        seed: Seed of the initial kernels.
        init_scale: s, above 0.
        bound: b of log alpha = b tanh(raw / b), which stays within -b and b;
            0 for none.
        channels: Where the channels of an image are: `"last"`, `"first"`, or
            `"none"` of grey images without such an axis.
        mean: First bias of the last layer.

    Call arguments:
        images: float, `(batch, height, width, channels)` or
            `(batch, features)`, or as `channels` says. Gradient flows.
        indices: Ignored; the table reads them.

    Returns:
        log_alpha, float, `(batch, height, width, outputs)` or
        `(batch, outputs)`, or as `channels` says.
    """

    def __init__(
        self,
        outputs=1,
        layers=1,
        filters=1,
        seed=0,
        init_scale=1.0,
        bound=0.0,
        channels="last",
        mean=0.0,
        **kwargs,
    ):
        # Never in low precision: at 1e-6 a step would not change a mask.
        super().__init__(**{"dtype": keras.config.floatx(), **kwargs})
        self.outputs, self.layers = outputs, layers
        self.filters, self.seed = filters, seed
        self.init_scale, self.bound = init_scale, bound
        self.channels = channels
        self.mean = mean

    def build(self, images_shape, indices_shape=None):
        if self.channels == "none":
            images_shape = (*images_shape, 1)
        elif self.channels == "first":
            images_shape = (None, *images_shape[2:], images_shape[1])
        self._spatial = len(images_shape) > 2
        self._convolution = _CONVOLUTIONS.get(len(images_shape))
        self._stack = []
        units = images_shape[-1]
        for i in range(self.layers):
            layer = self._layer(i)
            layer.build((*[None] * (len(images_shape) - 1), units))
            units = self._units(i)
            self._stack.append(layer)

    def call(self, images, indices=None):
        x = self._with_last(images)
        for i, layer in enumerate(self._stack):
            x = tf.nn.relu(x) if i else x
            x = layer(_pad_by_edge(x) if self._spatial else x)
        return _bounded(self._as_given(x), self.bound)

    def _with_last(self, images):
        if self.channels == "none":
            return images[..., tf.newaxis]
        if self.channels == "first":
            return keras.ops.moveaxis(images, 1, -1)
        return images

    def _as_given(self, x):
        if self.channels == "none":
            return tf.squeeze(x, -1)
        return keras.ops.moveaxis(x, -1, 1) if self.channels == "first" else x

    def _is_last(self, i):
        return i == self.layers - 1

    def _units(self, i):
        last = self._is_last(i)
        return self.outputs if last or not self._spatial else self.filters

    def _layer(self, i):
        initializer = keras.initializers.VarianceScaling(
            scale=self.init_scale**2 / 3,
            mode="fan_in",
            distribution="uniform",
            seed=self.seed + i,
        )
        bias = self.mean if self._is_last(i) else 0.0
        options = {
            "kernel_initializer": initializer,
            "bias_initializer": keras.initializers.Constant(bias),
            "dtype": self.dtype_policy,
        }
        units = self._units(i)
        if self._spatial:
            # Whatever keras.json says.
            options["data_format"] = "channels_last"
            return self._convolution(units, 3, name=f"conv{i + 1}", **options)
        return keras.layers.Dense(units, name=f"dense{i + 1}", **options)

    def get_config(self):
        return super().get_config() | {
            "outputs": self.outputs,
            "layers": self.layers,
            "filters": self.filters,
            "seed": self.seed,
            "init_scale": self.init_scale,
            "bound": self.bound,
            "channels": self.channels,
            "mean": self.mean,
        }


@keras.saving.register_keras_serializable(package="xvat_tf")
class MaskTable(keras.layers.Layer):
    """Log alpha as one free row per training image, N(mean, 1) at the start.

    Only the drawn rows are read and, except by dense Adam, written:
    `tf.gather` of the variable itself keeps the gradient sparse and the
    update in place (`keras.ops.take` would copy the table at every step).

    Args:
        num_images: Rows of the whole table.
        mask_shape: Shape of a row.
        seed: Seed of the initial rows.
        held: Which rows this process holds; all of them by default. Not part
            of the config: a saved table is whole.
        bound: As in `InductiveGenerator`; the rows themselves are free.
        mean: Of the initial rows.

    Call arguments:
        images: Ignored; the inductive generator reads them.
        indices: int, `(batch,)`, in [-num_images, num_images), negative ones
            from the end, without repetition, of held rows.

    Returns:
        log_alpha, float, `(batch, *mask_shape)`.
    """

    def __init__(
        self,
        num_images,
        mask_shape,
        seed=0,
        held=EVERYTHING,
        bound=0.0,
        mean=0.0,
        **kwargs,
    ):
        super().__init__(**{"dtype": keras.config.floatx(), **kwargs})
        self.num_images, self.mask_shape = num_images, tuple(mask_shape)
        self.seed, self.held = seed, held
        self.bound, self.mean = bound, mean
        draw = keras.initializers.RandomNormal(mean, 1.0, seed=seed)

        def initial(shape, dtype=None):
            whole = draw((num_images, *self.mask_shape), dtype=dtype)
            if held == EVERYTHING:
                return whole
            return tf.gather(whole, held.rows(num_images))

        self.table = self.add_weight(
            (held.count(num_images), *self.mask_shape),
            initial,
            name="log_alpha",
        )
        self.built = True

    def call(self, images, indices):
        places = self.held.places(indices % self.num_images)
        return _bounded(tf.gather(self.table.value, places), self.bound)

    def ascend(self, gradient: tf.IndexedSlices, rate: tf.Tensor) -> None:
        """Moves the drawn rows up by plain SGD, in place.

        The gradient is of `table`, as `tf.gather` gives it; no row twice.
        """
        # As Keras' SGD computes it, whose gradient is the negative.
        step = tf.cast(rate, gradient.dtype) * -gradient.values
        self.table.value.scatter_sub(tf.IndexedSlices(step, gradient.indices))

    def get_config(self):
        return super().get_config() | {
            "num_images": self.num_images,
            "mask_shape": self.mask_shape,
            "seed": self.seed,
            "bound": self.bound,
            "mean": self.mean,
        }


def _pad_by_edge(images):
    """Pads every side but batch and channels by one with the edge values."""
    sides = [[1, 1]] * (images.shape.rank - 2)
    return tf.pad(images, [[0, 0], *sides, [0, 0]], "SYMMETRIC")
