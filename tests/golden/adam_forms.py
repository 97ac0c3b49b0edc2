"""Lets a Keras Adam take the steps of the references' Adam."""

import math

import keras
import numpy as np


class PyTorchEpsilon:
    """Lets a Keras Adam take PyTorch's steps.

    PyTorch adds epsilon to the square root of the bias-corrected second
    moment, Keras (and vat_tf) before the correction: the same steps if
    Keras' epsilon is sqrt(1 - beta_2^t) times PyTorch's, which the optimizer
    is given. Of a loss that is `loss_scale` times ours epsilon alone tells.
    """

    def __init__(self, optimizer: keras.optimizers.Adam, loss_scale=1.0):
        self._optimizer = optimizer
        self._epsilon = optimizer.epsilon / loss_scale
        self._steps = 0

    def before_step(self) -> None:
        """Sets the epsilon of the next eager step."""
        self._steps += 1
        correction = 1 - float(self._optimizer.beta_2) ** self._steps
        self._optimizer.epsilon = self._epsilon * math.sqrt(correction)


class TensorFlow1Beta2:
    """Lets a Keras Adam take the steps of TensorFlow 1.

    Its beta_2, a Python number, became a single-precision constant, and the
    power beta_2^t was accumulated in single precision, even with
    double-precision variables. beta_1 of vat_tf is fed and stays exact.
    """

    def __init__(self, optimizer: keras.optimizers.Adam):
        self._optimizer = optimizer
        self._beta_2 = np.float32(float(optimizer.beta_2))
        self._power = np.float32(1)
        self._steps = 0
        self._learning_rate = float(optimizer.learning_rate)
        optimizer.beta_2.assign(self._beta_2)

    def before_step(self) -> None:
        """Moves the rounding of the power into the learning rate."""
        self._steps += 1
        self._power *= self._beta_2
        exact = 1 - float(self._beta_2) ** self._steps
        ratio = math.sqrt((1 - float(self._power)) / exact)
        self._optimizer.learning_rate.assign(ratio * self._learning_rate)
