"""Histograms, and the generator's gradient, between training steps.

They are taken on one fixed batch of training images in inference mode, so
the compiled step does nothing for them.
"""

import numpy as np
import tensorflow as tf

from xvat_tf.data import PreparedData
from xvat_tf.records import tags
from xvat_tf.settings import Settings
from xvat_tf.training import views
from xvat_tf.training.joint_step import weighted_total
from xvat_tf.training.monitoring.events import Histogram
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.trainer import Trainer

_BATCH = 50


class Measures:
    """Histograms and gradient norm of a run at this moment.

    They are of its first images, which are the first rows of a table.
    """

    def __init__(
        self, trainer: Trainer, data: PreparedData, settings: Settings
    ):
        self._trainer, self._settings = trainer, settings.method
        self._noise = StepNoise(settings.train.seed, 0)
        self._batch = _first_images(data, settings.uses_unlabeled)

    def histograms(self) -> list[Histogram]:
        """Weights of three layers and, of mask methods, the masks."""
        kernels = views.three_kernels(self._trainer.classifier)
        found = [
            Histogram(
                tags.WEIGHTS_HISTOGRAMS[place],
                kernel.weights,
                f"Weights of `{kernel.layer}` {kernel.weights.shape}.",
            )
            for place, kernel in kernels.items()
        ]
        return found + self._of_masks() if self._settings.uses_mask else found

    def gradient_norm(self) -> float | None:
        """L2 norm of the loss's gradient to the generator's variables.

        None without a generator. Of a table it is of the batch's rows.
        """
        if self._trainer.generator is None:
            return None
        variables = [
            self._trainer.distribution.local_copy(variable)
            for variable in self._trainer.generator.trainable_variables
        ]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            total = self._perturbed_terms()
        return float(tf.linalg.global_norm(tape.gradient(total, variables)))

    def _perturbed_terms(self):
        """The part of the loss that depends on the generator."""
        batch, objective = self._batch, self._trainer.objective
        passes = self._trainer.inference_passes()
        logits = passes.traceless(batch["images"])
        values = objective.perturbed_values(batch, logits, passes, self._noise)
        weights = objective.weights
        return weighted_total(
            values, {tag: weights[tag] for tag in weights if tag in values}
        )

    def _of_masks(self):
        batch = self._batch
        masks = self._trainer.objective.display(
            batch.get("unlabeled_images", batch["images"]),
            batch["labels"],
            batch.get("unlabeled_indices", batch["indices"]),
            self._trainer.inference_passes(),
            self._noise,
        )
        hidden = (masks.sample == 0).reshape(len(masks.sample), -1)
        count = f"{len(hidden)} training images"
        found = [
            Histogram(
                tags.SPARSITY_HISTOGRAM,
                hidden.mean(axis=1),
                f"Share of each mask that is 0; {count}.",
                limits=(0.0, 1.0),
            ),
            Histogram(
                tags.LOG_ALPHA_HISTOGRAM,
                masks.log_alpha,
                f"All entries of log alpha; {count}.",
            ),
        ]
        return found + self._of_generator()

    def _of_generator(self):
        # The weights of a table are its log alpha, before any bound.
        if self._settings.has_table:
            return []
        variables = self._trainer.generator.trainable_variables
        weights = np.concatenate([np.ravel(v.numpy()) for v in variables])
        return [
            Histogram(
                tags.GENERATOR_HISTOGRAM, weights, "All generator weights."
            )
        ]


def _first_images(data, uses_unlabeled):
    """A batch as the objectives read it, of at most 50 images a list."""
    labeled = min(_BATCH, len(data.labeled_images))
    batch = {
        "images": tf.constant(data.labeled_images[:labeled]),
        "labels": tf.constant(data.labeled_labels[:labeled]),
        "indices": tf.range(labeled),
    }
    if uses_unlabeled:
        unlabeled = min(_BATCH, len(data.unlabeled_images))
        batch["unlabeled_images"] = tf.constant(
            data.unlabeled_images[:unlabeled]
        )
        batch["unlabeled_indices"] = tf.range(unlabeled)
    return batch
