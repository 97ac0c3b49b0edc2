"""Batch normalisation with the constants and statistics of the official VAT."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="xvat_tf")
class BatchNorm(keras.layers.Layer):
    """Normalises by the batch in training, by moving statistics otherwise.

    Unlike Keras' own layer its moving variance is the unbiased one,
    n / (n - 1) times the batch variance, as in layers.py of vat_tf and in
    PyTorch. The batch itself is normalised by the biased variance.

    Args:
        decay: Weight of the old moving statistics in an update, in [0, 1).
        epsilon: Added to the variance, above 0.
        affine: Whether a scale gamma and an offset beta are learned.
        synchronized: Whether the batch is that of all replicas together.

    Call arguments:
        inputs: float, `(batch, ..., channels)`, unbounded. Gradient flows,
            in training through the batch statistics too.
        training: True normalises by the batch and moves the statistics.

    Returns:
        Shape and type of `inputs`.
    """

    def __init__(
        self,
        decay=0.99,
        epsilon=1e-6,
        affine=True,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.decay, self.epsilon, self.affine = decay, epsilon, affine
        self.synchronized = synchronized

    def build(self, input_shape):
        size = (input_shape[-1],)
        self.gamma = self.beta = None
        if self.affine:
            self.gamma = self.add_weight(size, "ones", name="gamma")
            self.beta = self.add_weight(size, "zeros", name="beta")
        self.moving_mean = self.add_weight(
            size, "zeros", name="moving_mean", trainable=False
        )
        self.moving_variance = self.add_weight(
            size, "ones", name="moving_variance", trainable=False
        )

    def call(self, inputs, training=False):
        if training:
            mean, variance = self._batch_statistics(inputs)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        return tf.nn.batch_normalization(
            inputs,
            tf.convert_to_tensor(mean),
            tf.convert_to_tensor(variance),
            None if self.beta is None else tf.convert_to_tensor(self.beta),
            None if self.gamma is None else tf.convert_to_tensor(self.gamma),
            self.epsilon,
        )

    def _batch_statistics(self, inputs):
        axes = list(range(inputs.shape.rank - 1))
        replicas = _replicas() if self.synchronized else 1
        if replicas > 1:
            mean, variance = self._moments_of_all(inputs, axes, replicas)
        else:
            mean, variance = tf.nn.moments(inputs, axes)
        count = tf.cast(
            replicas * tf.size(inputs) / tf.size(mean), inputs.dtype
        )
        unbiased = variance * count / (count - 1)
        self._move(self.moving_mean, mean)
        self._move(self.moving_variance, unbiased)
        return mean, variance

    def _moments_of_all(self, inputs, axes, replicas):
        """Mean and biased variance over the equal batches of all replicas.

        One sum over replicas forwards and one backwards. Values are taken
        from the moving mean, the same everywhere, so that subtracting the
        squared mean loses no digits.
        """
        origin = tf.stop_gradient(tf.convert_to_tensor(self.moving_mean))
        shifted = inputs - origin
        moments = tf.stack(
            [
                tf.reduce_mean(shifted, axes),
                tf.reduce_mean(tf.square(shifted), axes),
            ]
        )
        context = tf.distribute.get_replica_context()
        first, second = tf.unstack(
            context.all_reduce("SUM", moments) / replicas
        )
        return first + origin, second - tf.square(first)

    def _move(self, average, value):
        average.assign(
            average * self.decay + tf.stop_gradient(value) * (1 - self.decay)
        )

    def get_config(self):
        return super().get_config() | {
            "decay": self.decay,
            "epsilon": self.epsilon,
            "affine": self.affine,
            "synchronized": self.synchronized,
        }


def _replicas():
    """How many replicas take part in the pass that calls; 1 by itself."""
    context = tf.distribute.get_replica_context()
    return context.num_replicas_in_sync if context else 1
