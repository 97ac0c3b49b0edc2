"""A table of past predictions: state that no optimizer moves."""

import keras
import tensorflow as tf


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
