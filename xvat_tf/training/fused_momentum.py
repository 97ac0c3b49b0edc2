"""Gradient descent with momentum, as PyTorch has it."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="xvat_tf")
class FusedMomentum(keras.optimizers.SGD):
    """Momentum of the gradients, times the learning rate of this step.

    v = momentum v + g, w = w - rate v. Keras' SGD keeps past steps instead,
    with the rates that they had; under a rate that decays its steps are
    longer. One operation per variable.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Moves one variable; called by `apply`."""
        if self.momentum == 0:
            super().update_step(gradient, variable, learning_rate)
            return
        i, dtype = self._get_variable_index(variable), variable.dtype
        tf.raw_ops.ResourceApplyMomentum(
            var=variable.handle,
            accum=self.momentums[i].value.handle,
            lr=tf.cast(learning_rate, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
            momentum=tf.constant(self.momentum, dtype),
        )
