"""Where log alpha comes from: a small network, or a table's rows."""

import keras
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.methods import Masks
from xvat_tf.models.tables import EVERYTHING, Held, MaskTable, bounded
from xvat_tf.settings.axes import mask_shape

# Of the channels, in the shape of one input.
_AXES = {"last": -1, "first": 0}
_CONVOLUTIONS = {
    3: keras.layers.Conv1D,
    4: keras.layers.Conv2D,
    5: keras.layers.Conv3D,
}


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
        num_images: Of a `MaskTable`.
        held: Likewise.
        seed: Seed of the initial weights or rows.
        channels: `"last"`, `"first"` or `"none"`, where they are.

    Returns a built layer `(images, indices) -> log_alpha`. A UserError refuses
    a `lambda_smooth` above 0 for vectors.
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


@keras.saving.register_keras_serializable(package="xvat_tf")
class InductiveGenerator(keras.layers.Layer):
    """Log alpha as a small convolutional network of the image.

    3x3 convolutions with edge-replicated padding, ReLU between them; for
    vectors, dense layers of the vector's own width. Kernels start in
    U(-s/sqrt(fan_in), s/sqrt(fan_in)); s = 1 is the released code's draw. At
    its learning rate of 1e-6 the generator hardly moves, so the first draw
    decides, and wider ones hide the digits on some seeds
    (docs/notes/recipe.md).

    Args:
        outputs: Mask channels (1: shared by the colours), or the features of
            a vector.
        layers: Number of convolutions, 1 or more.
        filters: Filters of every convolution except the last.
        seed: Seed of the initial kernels.
        init_scale: s, above 0.
        bound: As in `bounded`.
        channels: Where the channels of an image are: `"last"`, `"first"`, or
            `"none"` of grey images without such an axis.
        mean: First bias of the last layer; the others start at 0.

    Call arguments:
        images: float, `(batch, height, width, channels)` or
            `(batch, features)`, or as `channels` says. Gradient flows.
        indices: Ignored; the table reads them.

    Returns:
        log_alpha, float, shape of `images` with `outputs` for the channels.
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
        rank, channels = len(images_shape), images_shape[-1]
        self._spatial = rank > 2
        self._stack = []
        for i in range(self.layers):
            last = i == self.layers - 1
            units = self.filters if self._spatial and not last else self.outputs
            layer = self._layer(i, rank, units, self.mean if last else 0.0)
            layer.build((*[None] * (rank - 1), channels))
            channels = units
            self._stack.append(layer)

    def call(self, images, indices=None):
        x = self._with_last(images)
        for i, layer in enumerate(self._stack):
            x = tf.nn.relu(x) if i else x
            x = layer(_pad_by_edge(x) if self._spatial else x)
        return bounded(self._as_given(x), self.bound)

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

    def _layer(self, i, rank, units, bias):
        initializer = keras.initializers.VarianceScaling(
            scale=self.init_scale**2 / 3,
            mode="fan_in",
            distribution="uniform",
            seed=self.seed + i,
        )
        options = {
            "kernel_initializer": initializer,
            "bias_initializer": keras.initializers.Constant(bias),
            "dtype": self.dtype_policy,
        }
        if not self._spatial:
            return keras.layers.Dense(units, name=f"dense{i + 1}", **options)
        return _CONVOLUTIONS[rank](
            units,
            3,
            data_format="channels_last",  # Whatever keras.json says.
            name=f"conv{i + 1}",
            **options,
        )

    def get_config(self):
        own = "outputs layers filters seed init_scale bound channels mean"
        config = {name: getattr(self, name) for name in own.split()}
        return super().get_config() | config


def _pad_by_edge(images):
    """Pads every side but batch and channels by one with the edge values."""
    sides = [[1, 1]] * (images.shape.rank - 2)
    return tf.pad(images, [[0, 0], *sides, [0, 0]], "SYMMETRIC")
