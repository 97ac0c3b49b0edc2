"""Our side of the comparison with the PyTorch code, on one batch."""

import numpy as np
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.records.tags import CROSS_ENTROPY, EXPECTED_L0, TOTAL
from xvat_tf.reference.side_by_side import inputs
from xvat_tf.reference.side_by_side.gradient_step import (
    gradient_step,
    make_batch,
)
from xvat_tf.settings import Settings
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import make_objective

_CLASSES = 10


class OurSide:
    """Classifier (mlp), generator and objective as a run builds them."""

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
        """Every quantity, by the child's names, of what `make_inputs` made."""
        found = self._masks(arrays)
        names = ("images", "labels", "unlabeled_images")
        batch = make_batch(*(arrays[name] for name in names))
        seed = self._settings.train.seed
        step = gradient_step(self.classifier, self._objective, batch, seed)
        found |= {
            "cross entropy": step.values[CROSS_ENTROPY],
            "L0": step.values[EXPECTED_L0],
            "total loss": step.values[TOTAL],
        }
        for i, gradient in enumerate(step.generator_gradients):
            found[f"generator/{i}"] = gradient
        found |= inputs.named_results(self.classifier, step.gradients)
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
