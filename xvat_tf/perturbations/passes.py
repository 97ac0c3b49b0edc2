"""Forward passes of one training step, with and without side effects."""

import contextlib
from collections.abc import Callable

import keras
import tensorflow as tf

Forward = Callable[[tf.Tensor], tf.Tensor]


class TrainingPasses:
    """The passes through one classifier within one training step.

    On construction it takes a snapshot of the classifier's non-trainable
    state. Every `traceless` pass of the step runs from that snapshot and its
    state updates are dropped, so the clean, probing and perturbed passes use
    the statistics of their own batch, leave the moving averages alone, and
    share one draw of dropout noise. vat_tf gets the same from constant
    dropout seeds and `update_batch_stats=False`; here it holds for any built
    Keras model.

    Args:
        classifier: Built Keras model, images -> logits.
        tape: The step's gradient tape.
        loss_scale: float32 scalar, above 0; what a loss is multiplied by
            before its gradient is taken, so that gradients do not vanish in
            float16.
    """

    def __init__(
        self,
        classifier: keras.Model,
        tape: tf.GradientTape,
        loss_scale: tf.Tensor | float = 1.0,
    ):
        self.loss_scale = loss_scale
        self._classifier = classifier
        self._tape = tape
        self._snapshot = [
            tf.identity(variable.value)
            for variable in classifier.non_trainable_variables
        ]

    def stateful(self, images: tf.Tensor) -> tf.Tensor:
        """The one pass per step that updates statistics and random state.

        Args:
            images: float, `(batch, ...)`. Gradient flows.

        Returns:
            Logits, `(batch, classes)`, of the images' type whatever the
            classifier's precision.
        """
        logits = self._classifier(images, training=True)
        return tf.cast(logits, images.dtype)

    def traceless(self, images: tf.Tensor) -> tf.Tensor:
        """A training-mode pass that leaves no trace in the classifier.

        Args:
            images: float, `(batch, ...)`. Gradient flows to images and
                trainable variables.

        Returns:
            Logits, `(batch, classes)`, of the images' type.
        """
        logits, _ = self._classifier.stateless_call(
            self._classifier.trainable_variables,
            self._snapshot,
            images,
            training=True,
        )
        return tf.cast(logits, images.dtype)

    def untaped(self) -> contextlib.AbstractContextManager:
        """A context in which the step's tape does not record.

        The search for a perturbation runs in it: its own inner tape would
        otherwise be kept by the outer one.
        """
        return self._tape.stop_recording()


class InferencePasses:
    """The same passes in inference mode, to measure losses on test images.

    Args:
        classifier: Built Keras model, images -> logits.
    """

    loss_scale = 1.0

    def __init__(self, classifier: keras.Model):
        self._classifier = classifier

    def stateful(self, images: tf.Tensor) -> tf.Tensor:
        """Logits with moving statistics and no dropout; nothing changes."""
        logits = self._classifier(images, training=False)
        return tf.cast(logits, images.dtype)

    traceless = stateful

    def untaped(self) -> contextlib.AbstractContextManager:
        """Does nothing: there is no outer tape."""
        return contextlib.nullcontext()
