"""Optimizers that update a variable in one operation."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="xvat_tf")
class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam, the same numbers, updated by one operation per variable.

    Keras' own update is some twenty operations, each of which reads or writes
    a whole variable; on dense layers they take as long as a matrix product.

    The betas are variables: Keras reads a float once, when the step is
    traced, and rounds it to single precision in the bias correction; a
    variable is read at every step, as it is. `epsilon` is that of the
    official VAT.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        **kwargs,
    ):
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon=epsilon, **kwargs
        )
        dtype = keras.config.floatx()
        for name, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            variable = keras.Variable(beta, trainable=False, dtype=dtype)
            setattr(self, name, variable)

    def update_step(self, gradient, variable, learning_rate):
        """Moves one variable; called by `apply`."""
        i = self._get_variable_index(variable)
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        beta_1, beta_2 = (
            tf.cast(beta, dtype) for beta in (self.beta_1, self.beta_2)
        )
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[i].value.handle,
            v=self._velocities[i].value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.constant(self.epsilon, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )

    def get_config(self):
        config = super().get_config()
        betas = {n: float(getattr(self, n)) for n in ("beta_1", "beta_2")}
        unused = ("amsgrad",)
        return {n: v for n, v in (config | betas).items() if n not in unused}


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
