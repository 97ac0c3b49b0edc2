"""Our side of the comparison: the code path that trains, at given weights."""

import time

import keras
import numpy as np
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.models import build_classifier
from xvat_tf.records.tags import PERTURBED, TOTAL
from xvat_tf.reference.side_by_side.gradient_step import (
    gradient_step,
    make_batch,
    take_step,
)
from xvat_tf.reference.side_by_side.inputs import assign, named_results
from xvat_tf.settings import Settings
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import make_objective
from xvat_tf.training.schedules import classifier_optimizer
from xvat_tf.training.trainer import Trainer

_CLASSES = 10


class OurSide:
    """Classifier, objective and optimizer as a run builds them, of conv13."""

    def __init__(self, settings: Settings, image_shape: tuple[int, ...]):
        self._method, self._seed = settings.method, settings.train.seed
        self.classifier = build_classifier(
            settings.network, image_shape, _CLASSES, self._seed
        )
        self._objective = make_objective(settings.method)
        self._trainer = Trainer(
            self.classifier, self._objective, seed=self._seed
        )
        self._trainer.compile(classifier_optimizer(settings.train))
        # What a run changes beside the weights.
        self._state = [
            *self.classifier.non_trainable_variables,
            *self._trainer.optimizer.variables,
        ]
        self._fresh = [variable.numpy() for variable in self._state]
        self._step = tf.function(self._trainer.train_step, autograph=False)
        self._inputs: dict[str, np.ndarray] = {}

    def noise(self, like: np.ndarray, step: int) -> np.ndarray:
        """The start direction that the train step draws at a step."""
        return StepNoise(self._seed, step).normal(tf.constant(like)).numpy()

    def start(self, inputs: dict[str, np.ndarray]) -> None:
        """Takes what `make_inputs` made; optimizer, random states at step 0."""
        self._inputs = inputs
        for variable, value in zip(self._state, self._fresh, strict=True):
            variable.assign(value)
        assign(self.classifier, inputs)

    def measure(self) -> dict[str, np.ndarray]:
        """Every quantity of the first batch, by the child's names."""
        given = self._inputs
        images = tf.constant(given["images"][0])
        kl = perturbations.kl_divergence(given["kl_p"], given["kl_q"])
        found = {
            "logits_train": self._passes().traceless(images).numpy(),
            "logits_eval": self.classifier(images, training=False).numpy(),
            "kl": tf.reduce_mean(kl).numpy(),
        }
        if self._method.perturbs:
            found["r_vadv"] = self._r_vadv()
        step = gradient_step(
            self.classifier, self._objective, self._batch(0), self._seed
        )
        found["loss"] = step.values[TOTAL]
        if PERTURBED in step.values:
            found["vat_loss"] = step.values[PERTURBED]
        found |= named_results(self.classifier, step.gradients)
        self.start(given)
        return found

    def step(self, step: int) -> tuple[float, float]:
        """One training step: its loss and its seconds."""
        batch = self._batch(step)
        start = time.perf_counter()
        loss = take_step(self._trainer, batch, self._step)[TOTAL]
        return loss, time.perf_counter() - start

    def _passes(self):
        return perturbations.TrainingPasses(self.classifier, tf.GradientTape())

    def _r_vadv(self):
        passes = self._passes()
        images = tf.constant(self._inputs["unlabeled_images"][0])
        r = perturbations.virtual_adversarial_perturbation(
            passes.traceless,
            images,
            passes.traceless(images),
            tf.constant(self.noise(images, 0)),
            xi=self._method.xi,
            num_power_iterations=self._method.num_power_iterations,
            epsilon=self._method.epsilon,
        )
        return r.numpy()

    def _batch(self, step):
        names = ["images", "class_indices"]
        if self._method.perturbs:
            names.append("unlabeled_images")
        return make_batch(*(self._inputs[name][step] for name in names))


def kept_units(
    classifier: keras.Model, steps: int, batch_sizes: set[int]
) -> dict[str, np.ndarray]:
    """Which units each dropout keeps at every step, computed by its layer.

    One set for all passes of a step: ours run from one random state, those of
    the official program share their seeds. bool, `(steps, batch, height, width,
    filters)`, by `dropout/<layer from 0>/<batch>` for each of the batch sizes.
    Nothing of the classifier changes.
    """
    dropout = keras.layers.Dropout
    layers = [x for x in classifier.layers if isinstance(x, dropout)]
    return {
        f"dropout/{i}/{size}": _kept(layer, steps, size)
        for i, layer in enumerate(layers)
        for size in batch_sizes
    }


def _kept(layer, steps, size):
    ones = tf.ones((size, *layer.input.shape[1:]), layer.compute_dtype)
    state = [variable.value for variable in layer.non_trainable_variables]
    kept = []
    for _ in range(steps):
        outputs, state = layer.stateless_call([], state, ones, training=True)
        kept.append(outputs.numpy() != 0)
    return np.stack(kept)
