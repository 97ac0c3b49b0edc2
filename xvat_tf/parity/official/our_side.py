"""Our side of the comparison: the code path that trains, at given weights."""

import time
from collections.abc import Callable
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.models import build_classifier
from xvat_tf.parity import reference_weights
from xvat_tf.settings import Settings
from xvat_tf.tags import PERTURBED, TOTAL
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import OBJECTIVES
from xvat_tf.training.schedules import classifier_optimizer
from xvat_tf.training.trainer import Trainer

_CLASSES = 10


def recorded_gradients(trainer: Trainer, batch: dict) -> tuple[dict, list]:
    """Runs `Trainer.train_step` with optimizers that write gradients down.

    Args:
        trainer: Its moving statistics change, its weights do not.
        batch: One batch.

    Returns:
        The step's values by tag, and the gradients each optimizer was given:
        the classifier's, then the negated ones of a generator.
    """
    optimizers = [trainer.optimizer]
    if trainer.generator_optimizer is not None:
        optimizers.append(trainer.generator_optimizer)
    gradients, patches = [], []
    for optimizer in optimizers:
        patches.append(mock.patch.object(optimizer, "apply", autospec=True))
    started = [patch.start() for patch in patches]
    trainer.reset_metrics()
    values = {tag: float(v) for tag, v in trainer.train_step(batch).items()}
    for patch, recorded in zip(patches, started, strict=True):
        gradients.append(recorded.call_args.args[0])
        patch.stop()
    return values, gradients


class OurSide:
    """Classifier, objective and optimizer as a run builds them.

    Args:
        settings: Network conv13, an additive method.
        image_shape: `(height, width, 3)`.
    """

    def __init__(self, settings: Settings, image_shape: tuple[int, ...]):
        self._settings = settings
        self.classifier = build_classifier(
            settings.network, image_shape, _CLASSES, settings.train.seed
        )
        self._inputs: dict[str, np.ndarray] = {}
        self._trainer: Trainer | None = None
        self._step: Callable | None = None

    def noise(self, like: np.ndarray, step: int) -> np.ndarray:
        """The start direction that the train step draws at a step."""
        seed = self._settings.train.seed
        return StepNoise(seed, step).normal(tf.constant(like)).numpy()

    def start(self, inputs: dict[str, np.ndarray]) -> None:
        """Takes weights and batches; optimizer at step 0.

        Args:
            inputs: As `comparison.make_inputs` returns.
        """
        settings = self._settings
        self._inputs = inputs
        reference_weights.assign(self.classifier, inputs)
        self._trainer = Trainer(
            self.classifier,
            OBJECTIVES[settings.method.method](settings.method),
            classifier_optimizer(settings.train),
            seed=settings.train.seed,
        )
        self._step = tf.function(self._trainer.train_step)

    def measure(self) -> dict[str, np.ndarray]:
        """Every quantity of the first batch, by the child's names."""
        images = tf.constant(self._inputs["images"][0])
        with tf.GradientTape() as tape:
            passes = perturbations.TrainingPasses(self.classifier, tape)
        found = {
            "logits_train": passes.traceless(images).numpy(),
            "logits_eval": self.classifier(images, training=False).numpy(),
            "kl": tf.reduce_mean(
                perturbations.kl_divergence(
                    self._inputs["kl_p"], self._inputs["kl_q"]
                )
            ).numpy(),
        }
        if self._settings.method.method != "mle":
            found["r_vadv"] = self._r_vadv(passes)
        values, (gradients,) = recorded_gradients(self._trainer, self._batch(0))
        found["loss"] = values[TOTAL]
        if PERTURBED in values:
            found["vat_loss"] = values[PERTURBED]
        names = self._names()
        for variable, gradient in zip(
            self.classifier.trainable_variables, gradients, strict=True
        ):
            found[f"gradient/{names[id(variable)]}"] = gradient.numpy()
        found |= self._statistics()
        self.start(self._inputs)
        return found

    def step(self, step: int) -> tuple[float, float]:
        """One training step: its loss and its seconds."""
        batch = self._batch(step)
        self._trainer.reset_metrics()
        start = time.perf_counter()
        loss = float(self._step(batch)[TOTAL])
        return loss, time.perf_counter() - start

    def _r_vadv(self, passes):
        method = self._settings.method
        images = tf.constant(self._inputs["unlabeled_images"][0])
        r = perturbations.virtual_adversarial_r(
            passes.traceless,
            images,
            passes.traceless(images),
            tf.constant(self._inputs["noise"][0]),
            xi=method.xi,
            num_power_iterations=method.num_power_iterations,
            epsilon=method.epsilon,
        )
        return r.numpy()

    def _statistics(self):
        return {
            f"statistic/{name}": variable.numpy()
            for name, variable in self._variables().items()
            if name.endswith(("_mean", "_var"))
        }

    def _batch(self, step):
        batch = {
            "images": self._inputs["images"][step],
            "labels": self._inputs["class_indices"][step],
            "indices": np.arange(len(self._inputs["images"][step])),
        }
        if self._settings.method.method != "mle":
            unlabeled = self._inputs["unlabeled_images"][step]
            batch["unlabeled_images"] = unlabeled
            batch["unlabeled_indices"] = np.arange(len(unlabeled))
        return {name: tf.constant(value) for name, value in batch.items()}

    def _variables(self) -> dict[str, keras.Variable]:
        return reference_weights.reference_names(self.classifier)

    def _names(self):
        return {id(v): name for name, v in self._variables().items()}
