"""Our side of the comparison with the PyTorch code, on one batch."""

import keras
import numpy as np
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.records.tags import CROSS_ENTROPY, EXPECTED_L0, TOTAL
from xvat_tf.reference.side_by_side import reference_weights
from xvat_tf.reference.side_by_side.gradient_step import gradient_step
from xvat_tf.settings import Settings
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import make_objective

_CLASSES = 10


class OurSide:
    """Classifier, generator and objective as a run builds them.

    Args:
        settings: Network mlp, method xvat.
        image_shape: `(height, width, channels)`.
    """

    def __init__(self, settings: Settings, image_shape: tuple[int, ...]):
        method, train = settings.method, settings.train
        self._settings = settings
        self.classifier = build_classifier(
            settings.network, image_shape, _CLASSES, train.seed
        )
        self.generator = build_generator(
            method, image_shape, train.ul_batch_size, 1
        )
        self._objective = make_objective(method, self.generator)

    def noise(self, like: tf.Tensor) -> np.ndarray:
        """The uniform numbers that the mask of the first step is made of."""
        return StepNoise(self._settings.train.seed, 0).uniform(like).numpy()

    def measure(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Every quantity, by the child's names.

        Args:
            arrays: As `comparison.make_inputs` returns.
        """
        found = self._masks(arrays)
        step = gradient_step(
            self.classifier,
            self._objective,
            _batch(arrays),
            self._settings.train.seed,
        )
        found |= {
            "cross entropy": step.values[CROSS_ENTROPY],
            "L0": step.values[EXPECTED_L0],
            "total loss": step.values[TOTAL],
        }
        for i, gradient in enumerate(step.generator_gradients):
            found[f"generator/{i}"] = gradient
        found |= _classifier_values(self.classifier, step.gradients)
        return {name: np.asarray(value) for name, value in found.items()}

    def _masks(self, arrays):
        method = self._settings.method
        concrete = perturbations.HardConcrete(
            method.beta, method.gamma, method.zeta
        )
        images = tf.constant(arrays["unlabeled_images"])
        log_alpha = self.generator(images, tf.range(len(images)))
        mask = concrete.sample_from_noise(log_alpha, arrays["noise"])
        roughness = perturbations.roughness(mask, concrete.threshold)
        return {
            "log_alpha": log_alpha,
            "mask": mask,
            "masked images": perturbations.apply_mask(
                images, mask, method.mask_gain
            ),
            "smoothness": tf.reduce_mean(roughness),
        }


def _batch(arrays):
    return {
        "images": tf.constant(arrays["images"]),
        "labels": tf.constant(arrays["labels"]),
        "indices": tf.range(len(arrays["images"])),
        "unlabeled_images": tf.constant(arrays["unlabeled_images"]),
        "unlabeled_indices": tf.range(len(arrays["unlabeled_images"])),
    }


def _classifier_values(classifier: keras.Model, gradients):
    """Gradients of the trained variables, values of the statistics."""
    names = reference_weights.reference_names(classifier)
    return {
        f"gradient/{name}": gradients[variable.path]
        for name, variable in names.items()
        if variable.path in gradients
    } | {
        f"statistic/{name}": variable.numpy()
        for name, variable in names.items()
        if name.endswith(("_mean", "_var"))
    }
