"""Tables of a row per training image: of log alpha, of past predictions."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Held:
    """The rows whose index modulo `strata` is in [first, last).

    They lie in the order of their indices.
    """

    strata: int = 1
    first: int = 0
    last: int = 1

    def rows(self, total: int) -> np.ndarray:
        """Indices of the held rows of a table of `total`, int64, ascending."""
        indices = np.arange(total)
        of_row = indices % self.strata
        return indices[(self.first <= of_row) & (of_row < self.last)]

    def count(self, total: int) -> int:
        """How many rows of a table of `total` are held."""
        return len(self.rows(total))

    def places(self, indices):
        """Where rows lie: their positions among the held ones, in [0, count).

        Indices are an int tensor or array, `(n,)`, of held rows.
        """
        if self.first == 0 and self.last == self.strata:
            return indices
        width = self.last - self.first
        place = indices // self.strata * width
        return place + indices % self.strata - self.first


EVERYTHING = Held()


def bounded(log_alpha: tf.Tensor, bound: float) -> tf.Tensor:
    """Log alpha within its bound: bound tanh(log_alpha / bound); 0 is no bound.

    What epsilon is to r: a mask that may grow without limit erases what
    the classifier reads. Neither in the paper nor in the released code. The
    gradient is less the nearer the bound.
    """
    return bound * tf.tanh(log_alpha / bound) if bound else log_alpha


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
        return bounded(tf.gather(self.table.value, places), self.bound)

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


class PredictionTable(keras.layers.Layer):
    """An average of the past predictions of each training image.

    Of the n predictions p of an image, the oldest first, Z <- a Z + (1 - a) p
    from Z = 0; the average is Z / (1 - a^n) (Laine and Aila, section 3.2).
    There it is by epochs, here each image counts its own.

    Args:
        num_images: Rows.
        num_classes: Columns.
        decay: a, in [0, 1).

    Call arguments:
        rows: int, `(batch,)`, in [-num_images, num_images), none twice.

    Returns:
        The averages, float `(batch, num_classes)`, 0 of images without one,
        and which have one, float `(batch,)`, 0 or 1. No gradient.
    """

    def __init__(self, num_images, num_classes, decay):
        super().__init__(dtype=keras.config.floatx(), trainable=False)
        self.num_images, self._decay = num_images, decay
        shapes = {"sums": (num_images, num_classes), "counts": (num_images,)}
        self._sums, self._counts = (
            self.add_weight(shape, "zeros", name=name, trainable=False)
            for name, shape in shapes.items()
        )
        self.built = True

    def call(self, rows):
        rows = rows % self.num_images
        counts = tf.gather(self._counts.value, rows)
        whole = 1 - tf.pow(tf.cast(self._decay, counts.dtype), counts)
        sums = tf.gather(self._sums.value, rows)
        known = tf.cast(counts > 0, counts.dtype)
        return tf.math.divide_no_nan(sums, whole[:, tf.newaxis]), known

    def remember(self, rows: tf.Tensor, predictions: tf.Tensor) -> None:
        """Adds one prediction, float `(batch, num_classes)`, of each row."""
        rows = rows % self.num_images
        added = (1 - self._decay) * tf.cast(predictions, self._sums.dtype)
        old = self._decay * tf.gather(self._sums.value, rows)
        self._sums.value.scatter_update(tf.IndexedSlices(old + added, rows))
        ones = tf.ones_like(rows, self._counts.dtype)
        self._counts.value.scatter_add(tf.IndexedSlices(ones, rows))
