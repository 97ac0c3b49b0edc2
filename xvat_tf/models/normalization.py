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
            self.gamma = self._add_weight(size, "ones", "gamma")
            self.beta = self._add_weight(size, "zeros", "beta")
        self.moving_mean = self._add_weight(
            size, "zeros", "moving_mean", trainable=False
        )
        self.moving_variance = self._add_weight(
            size, "ones", "moving_variance", trainable=False
        )

    def _add_weight(self, size, initial, name, trainable=True):
        """Statistics, scale and offset keep the variables' own precision."""
        return self.add_weight(
            size, initial, name=name, trainable=trainable, autocast=False
        )

    def call(self, inputs, training=False):
        if not training:
            mean, variance = self.moving_mean, self.moving_variance
            outputs, *_ = self._normalize(inputs, mean, variance)
            return outputs
        replicas = _replicas() if self.synchronized else 1
        if replicas > 1:
            outputs, mean, unbiased = self._normalize_by_all(inputs, replicas)
        else:
            outputs, mean, unbiased = self._normalize(inputs)
        self._move(self.moving_mean, mean)
        self._move(self.moving_variance, unbiased)
        return outputs

    def _normalize(self, inputs, *statistics):
        """Normalised inputs, batch mean and unbiased batch variance.

        By given mean and variance, or by those of the inputs. The fused
        operation reads the inputs once, single ones four times; it has no
        double precision.
        """
        normalize = _plain if inputs.dtype == tf.float64 else _fused
        return normalize(
            inputs,
            *self._scale_and_offset(),
            *map(tf.convert_to_tensor, statistics),
            epsilon=self.epsilon,
        )

    def _normalize_by_all(self, inputs, replicas):
        """The same by the equal batches of all replicas together."""
        exact = tf.cast(inputs, self.variable_dtype)
        outputs, mean, unbiased = _plain(
            exact,
            *self._scale_and_offset(),
            *self._moments_of_all(exact, replicas),
            epsilon=self.epsilon,
            replicas=replicas,
        )
        return tf.cast(outputs, inputs.dtype), mean, unbiased

    def _scale_and_offset(self):
        if self.affine:
            return map(tf.convert_to_tensor, (self.gamma, self.beta))
        size, dtype = self.moving_mean.shape, self.variable_dtype
        return tf.ones(size, dtype), tf.zeros(size, dtype)

    def _moments_of_all(self, inputs, replicas):
        """Mean and biased variance over the equal batches of all replicas.

        One sum over replicas forwards and one backwards. Values count from the
        moving mean, so that subtracting the squared mean loses no digits.
        """
        axes = list(range(inputs.shape.rank - 1))
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


def _fused(inputs, scale, offset, *statistics, epsilon):
    """The operation wants images; a vector is an image of one pixel.

    Raw, because `tf.nn.fused_batch_norm` raises an epsilon below 1e-5.
    """
    images = inputs
    if inputs.shape.rank != 4:
        images = tf.reshape(inputs, [-1, 1, 1, inputs.shape[-1]])
    training = not statistics
    mean, variance = statistics or (tf.zeros([0]), tf.zeros([0]))
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=images,
        scale=scale,
        offset=offset,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=training,
    )
    return tf.reshape(outputs, tf.shape(inputs)), mean, variance


def _plain(inputs, scale, offset, *statistics, epsilon, replicas=1):
    """The same in single operations, for double precision and replicas."""
    mean, variance = statistics or tf.nn.moments(
        inputs, list(range(inputs.shape.rank - 1))
    )
    outputs = tf.nn.batch_normalization(
        inputs, mean, variance, offset, scale, epsilon
    )
    count = tf.cast(replicas * tf.size(inputs) / tf.size(mean), inputs.dtype)
    return outputs, mean, variance * count / (count - 1)


def _replicas():
    """How many replicas take part in the pass that calls; 1 by itself."""
    context = tf.distribute.get_replica_context()
    return context.num_replicas_in_sync if context else 1
