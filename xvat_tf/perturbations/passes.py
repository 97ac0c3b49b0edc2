"""Forward passes of one training step, with and without side effects."""

import contextlib
import copy
from collections.abc import Callable, Mapping
from typing import TypeAlias

import keras
import tensorflow as tf

from xvat_tf.hidden_noise import noisy
from xvat_tf.perturbations.spacing import coarsest_spacing

Forward = Callable[[tf.Tensor], tf.Tensor]
Inputs: TypeAlias = tf.Tensor | Mapping[str, tf.Tensor]
# Draws of noise that a view has: one of the images, the rest of hidden layers.
_DRAWS = 1000
# How far a view's random states lie from the step's own, in draws of each.
_DISTANCE = 2**30


def first_draw(view: int) -> int:
    """Number of a view's first draw, see `TrainingPasses.view`."""
    return _DRAWS * view


def two_logits(outputs: tf.Tensor) -> tf.Tensor:
    """Two logits for one: 0 and z, whose softmax is the sigmoid of z.

    Two or more outputs stay as they are. Gradient flows.
    """
    if outputs.shape[-1] != 1:
        return outputs
    return tf.concat([tf.zeros_like(outputs), outputs], axis=-1)


class _Passes:
    """Passes through a classifier of one input, or of several by name."""

    def __init__(
        self,
        classifier: keras.Model,
        perturb: str | None = None,
        step: tf.Tensor | int | None = None,
        average=None,
    ):
        self._classifier, self._perturb = classifier, perturb
        self.step, self._average = step, average
        self._others: Mapping = {}
        self.outputs = None

    @property
    def unit(self) -> float:
        """Distance of 1 from the next number in the classifier's arithmetic."""
        return coarsest_spacing(self._classifier)

    def apart(self, inputs: Inputs):
        """Takes the perturbed input out of a batch.

        Returns:
            The perturbed input, float `(batch, ...)`, and passes that take
            it alone and give the classifier the others as they are here.
        """
        if self._perturb is None:
            return inputs, self
        passes = copy.copy(self)
        passes._others = {
            name: part for name, part in inputs.items() if name != self._perturb
        }
        return inputs[self._perturb], passes

    def _whole(self, inputs):
        if not self._others or isinstance(inputs, Mapping):
            return inputs
        return {**self._others, self._perturb: inputs}

    def _logits(self, outputs, inputs):
        images = inputs
        if isinstance(inputs, Mapping):
            images = inputs[self._perturb]
        return two_logits(tf.cast(outputs, images.dtype))


class TrainingPasses(_Passes):
    """The passes through one classifier within one training step.

    On construction it takes a snapshot of the classifier's non-trainable
    state. Every `traceless` pass runs from it and drops its state updates, so
    the clean, probing and perturbed passes use the statistics of their own
    batch, leave the moving averages alone, and share one draw of dropout
    noise. vat_tf gets the same from constant dropout seeds and
    `update_batch_stats=False`; here it holds for any built Keras model.

    Args:
        classifier: Built Keras model, images -> logits.
        tape: The step's gradient tape.
        loss_scale: Above 0: multiplies a loss before its gradient is taken,
            so that gradients do not vanish in float16.
        perturb: Name of the perturbed one of several inputs.
        statistics: The batch that moves the moving statistics: `"labeled"` as
            in both reference codes, or `"unlabeled"`.
        step: Steps done, by which perturbations have grown; None: all.
        average: A `WeightAverage` of the classifier, for `view`.

    Attributes:
        outputs: What the classifier gave for the labeled batch.
        penalties: Losses that its layers added in that pass; scalars.
        learns: Whether what a pass gives may be remembered.
    """

    learns = True

    def __init__(
        self,
        classifier: keras.Model,
        tape: tf.GradientTape,
        loss_scale: tf.Tensor | float = 1.0,
        perturb: str | None = None,
        statistics: str = "labeled",
        step: tf.Tensor | int | None = None,
        average=None,
    ):
        super().__init__(classifier, perturb, step, average)
        self.loss_scale = loss_scale
        self.penalties = ()
        self._tape, self._statistics = tape, statistics
        self._snapshot = [
            tf.identity(variable.value)
            for variable in classifier.non_trainable_variables
        ]

    def stateful(self, inputs: Inputs) -> tf.Tensor:
        """The labeled pass: it updates statistics and random state.

        Gives logits, `(batch, classes)`, of the images' type whatever the
        classifier's precision. Gradient flows.
        """
        self.outputs = self._classifier(inputs, training=True)
        self.penalties = tuple(self._classifier.losses)
        return self._logits(self.outputs, inputs)

    def traceless(self, images: tf.Tensor) -> tf.Tensor:
        """Logits of a training-mode pass that leaves no trace.

        Gradient flows to images, `(batch, ...)`, and trainable variables.
        """
        return self._from_snapshot(images, self._snapshot)[0]

    def perturbed(self, images: tf.Tensor, noise) -> tf.Tensor:
        """The pass of the perturbed images: traceless, with hidden noise.

        `noise` is the step's `StepNoise`, for `HiddenNoise` layers.
        """
        with noisy(noise):
            return self.traceless(images)

    def clean(self, images: tf.Tensor) -> tf.Tensor:
        """The clean pass of the unlabeled batch.

        It leaves no trace either, unless the moving statistics are those of
        unlabeled images: then they move from the snapshot by this batch, as if
        the labeled pass had not moved them.
        """
        logits, states = self._from_snapshot(images, self._snapshot)
        if self._statistics == "unlabeled":
            self._keep(states)
        return logits

    def view(
        self, images: tf.Tensor, noise, number: int, averaged: bool = False
    ) -> tf.Tensor:
        """One of several passes that share no noise, hidden or of dropout.

        View 0 has the dropout of the other passes and, as the clean one, may
        move the statistics; the random states of view 1, perhaps of averaged
        weights, have moved on. It has the draws of `noise` from `first_draw`
        on.
        """
        with noisy(noise, first_draw(number) + 1):
            if number == 0:
                return self.clean(images)
            moved = [_moved_on(state, number) for state in self._snapshot]
            weights = self._average.values() if averaged else []
            return self._from_snapshot(images, moved, weights)[0]

    def untaped(self) -> contextlib.AbstractContextManager:
        """A context in which the step's tape does not record.

        The search for a perturbation runs in it: its own inner tape would
        otherwise be kept by the outer one.
        """
        return self._tape.stop_recording()

    def _from_snapshot(self, images, snapshot, weights=()):
        """Logits, and the state that the pass would leave behind.

        `weights` are pairs of variable and value. By the model's call, not by
        Keras' `stateless_call`, which skips what the call does, such as to
        tell its layers that they train.
        """
        inputs = self._whole(images)
        variables = self._classifier.non_trainable_variables
        mapping = [*zip(variables, snapshot, strict=True), *weights]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = self._classifier(inputs, training=True)
        states = [scope.get_current_value(variable) for variable in variables]
        return self._logits(outputs, inputs), states

    def _keep(self, states):
        """Statistics are the floating ones; random states are integers."""
        variables = self._classifier.non_trainable_variables
        changes = zip(variables, self._snapshot, states, strict=True)
        for variable, old, new in changes:
            # A frozen weight is not trainable either, and stays.
            if new is not old and "float" in variable.dtype:
                variable.assign(tf.stop_gradient(new))


class InferencePasses(_Passes):
    """The same passes in inference mode, to measure losses on test images."""

    loss_scale = 1.0
    learns = False

    def stateful(self, inputs: Inputs) -> tf.Tensor:
        """Logits with moving statistics and no dropout; nothing changes."""
        inputs = self._whole(inputs)
        self.outputs = self._classifier(inputs, training=False)
        return self._logits(self.outputs, inputs)

    traceless = clean = stateful

    def perturbed(self, images: tf.Tensor, noise) -> tf.Tensor:
        """As `traceless`: inference has no hidden noise."""
        return self.traceless(images)

    def view(
        self, images: tf.Tensor, noise, number: int, averaged: bool = False
    ) -> tf.Tensor:
        """As `traceless`, perhaps of averaged weights; no noise is drawn."""
        if not averaged:
            return self.traceless(images)
        with self._average.in_use():
            return self.traceless(images)

    def untaped(self) -> contextlib.AbstractContextManager:
        """Does nothing: there is no outer tape."""
        return contextlib.nullcontext()


def _moved_on(state, views):
    """Another draw: a seed generator counts its draws in its second number."""
    if state.dtype.is_floating or state.shape != (2,):
        return state
    return state + tf.cast(tf.stack([0, views * _DISTANCE]), state.dtype)
