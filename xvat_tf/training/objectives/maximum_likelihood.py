"""Cross entropy of the labels: the base of every objective."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.methods import LabelLoss, Method
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY, ENTROPY, PERTURBED
from xvat_tf.training.objectives.display import Display
from xvat_tf.training.schedules import growth

Batch = Mapping[str, tf.Tensor]
Values = dict[str, tf.Tensor]


class MaximumLikelihood:
    """Cross entropy of the labels; the base of every other objective.

    Methods with masks have a generator `(images, indices) -> log_alpha`.
    """

    extra_tags: tuple[str, ...] = ()
    # State of its own that no optimizer moves; checkpoints hold it.
    memory: keras.layers.Layer | None = None

    def __init__(
        self, settings: Method, generator: keras.layers.Layer | None = None
    ):
        self.settings = settings
        self.generator = generator

    @property
    def weights(self) -> dict[str, float]:
        """Weight in the loss of each value that is part of it."""
        return {CROSS_ENTROPY: 1.0}

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of all values the objective returns."""
        return (CROSS_ENTROPY, ACCURACY, *self.extra_tags)

    def __call__(self, batch: Batch, passes, noise) -> Values:
        """Computes the values of a batch.

        Args:
            batch: `images` float `(n, ...)`, or several inputs by name;
                `labels` int32 `(n,)` or probabilities `(n, classes)`;
                `indices` int32 `(n,)`, rows of the mask table; perhaps
                `weights` float `(n,)`, of the labels' loss; and,
                semi-supervised, `unlabeled_images`, `unlabeled_indices`.
            passes: `TrainingPasses` or `InferencePasses`.
            noise: `StepNoise`, or anything with its two methods.

        Returns:
            Per-example values by tag, `(n,)` or of the unlabeled batch's
            size. Gradient flows to classifier and generator, never through a
            clean target.
        """
        logits = passes.stateful(batch["images"])
        values = self.clean_values(batch, logits)
        return values | self.perturbed_values(batch, logits, passes, noise)

    def clean_values(self, batch: Batch, logits: tf.Tensor) -> Values:
        """Cross entropy and accuracy (0 or 1) of each labeled image."""
        return {
            CROSS_ENTROPY: label_loss(batch, logits),
            ACCURACY: perturbations.correct(batch["labels"], logits),
        }

    def grown(self, size: float, passes) -> tf.Tensor | float:
        """What a size that grows has come to at the step of the passes."""
        return size * growth(self.settings, passes.step)

    def build_memory(self, num_images: int, num_classes: int) -> None:
        """Makes `memory`, for as many images as the method's term is of."""

    def display(self, images, labels, rows, passes, noise) -> Display | None:
        """Shows images as the method perturbs them; None if it does not.

        Labels may be None where the method reads none; `rows` are those of a
        table. Others as in a call, with `InferencePasses`.
        """
        return None

    def perturbed_values(self, batch, logits, passes, noise) -> Values:
        """The method's own terms; none here."""
        return {}


class WithEntropy:
    """Adds the entropy of the clean prediction to an objective of smoothness.

    For a class before the one of `smoothness`, the divergence by its tag.
    """

    @property
    def tags(self):
        return (*super().tags, ENTROPY)

    @property
    def weights(self):
        return super().weights | {ENTROPY: self.settings.entropy_weight}

    def smoothness(self, clean_logits, perturbed_logits):
        values = super().smoothness(clean_logits, perturbed_logits)
        return values | {ENTROPY: perturbations.entropy(clean_logits)}


def label_loss(batch: Batch, logits: tf.Tensor) -> tf.Tensor:
    """Cross entropy of the labels times their weights, `(n,)`."""
    loss = perturbations.cross_entropy(batch["labels"], logits)
    return loss * batch["weights"] if "weights" in batch else loss


def label_weights(settings: LabelLoss) -> dict[str, float]:
    """Weights of clean and perturbed cross entropy, of at and xat.

    `label_loss="added"` is paper eq. 13, `"mixed"` the released code.
    """
    mixed = settings.label_loss == "mixed"
    clean = 1 - settings.eta if mixed else 1.0
    return {CROSS_ENTROPY: clean, PERTURBED: settings.eta}


def regularised(settings, batch, logits, passes):
    """Images of the local smoothness term, rows, clean logits, their passes.

    The unlabeled batch if there is one, perhaps with the labeled batch after
    it, whose rows count from the end of a table; else the labeled batch, with
    the logits of the labeled pass: same noise, same statistics.
    """
    if "unlabeled_images" not in batch:
        images, passes = passes.apart(batch["images"])
        return images, batch["indices"], logits, passes
    images, rows = batch["unlabeled_images"], batch["unlabeled_indices"]
    if settings.regularises_labeled:
        images = tf.nest.map_structure(
            lambda *parts: tf.concat(parts, 0), images, batch["images"]
        )
        rows = tf.concat([rows, -1 - batch["indices"]], 0)
    images, passes = passes.apart(images)
    return images, rows, passes.clean(images), passes


def norms(r: tf.Tensor) -> tf.Tensor:
    """L2 norm of each example, `(batch,)`."""
    return tf.norm(tf.reshape(r, [tf.shape(r)[0], -1]), axis=-1)
