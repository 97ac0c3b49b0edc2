"""Objectives that hold two predictions of an image together."""

import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.models import PredictionTable
from xvat_tf.records.tags import PERTURBED
from xvat_tf.training.objectives.display import Display
from xvat_tf.training.objectives.maximum_likelihood import MaximumLikelihood
from xvat_tf.training.schedules import ramp_up


class Consistency(MaximumLikelihood):
    """CE + weight w(t) |p(x') - q|^2, p of one random view of an image.

    A view has noise of its own on the image, in dropout and in hidden layers,
    and where images are augmented an augmentation of its own. q is what the
    method compares with. w(t) rises to 1 (Laine and Aila, section 3.1).
    """

    extra_tags = (PERTURBED,)

    @property
    def weights(self):
        return super().weights | {PERTURBED: self.settings.consistency_weight}

    def perturbed_values(self, batch, logits, passes, noise):
        prefix = "unlabeled_" if "unlabeled_images" in batch else ""
        images, rows = f"{prefix}images", f"{prefix}indices"
        first, apart = passes.apart(batch[images])
        if prefix:
            logits = apart.view(self.noisy(first, noise, 0), noise, 0)
        # Another augmentation of the same images, or the images again.
        again = batch.get(f"second_{images}", batch[images])
        second, apart = passes.apart(again)
        distance = self.distance(logits, second, batch[rows], apart, noise)
        return {PERTURBED: distance * ramp_up(self.settings, passes.step)}

    def distance(self, logits, images, rows, passes, noise):
        """Squared distance, `(n,)`, in [0, 2], of the prediction from another.

        Gradient flows through the first view's logits, `(n, classes)`. Images
        are to take a second view of, `rows` their numbers.
        """
        raise NotImplementedError

    def noisy(self, images, noise, view):
        """Images with the Gaussian noise of a view."""
        if not self.settings.input_noise:
            return images
        drawn = noise.normal(images, perturbations.first_draw(view))
        return images + self.settings.input_noise * drawn

    def display(self, images, labels, rows, passes, noise):
        shown = Display()
        shown.perturbed = self.noisy(images, noise, 1).numpy()
        return shown


class PiModel(Consistency):
    """The Pi-model: the other prediction is of a second view (paper eq. 15).

    The gradient goes through both.
    """

    def distance(self, logits, images, rows, passes, noise):
        other = passes.view(self.noisy(images, noise, 1), noise, 1)
        return perturbations.squared_distance(logits, other)


class MeanTeacherObjective(Consistency):
    """Mean Teacher: the other prediction is that of the averaged weights.

    Of a second view, in training mode (Tarvainen and Valpola, section 2). No
    gradient flows through it.
    """

    def distance(self, logits, images, rows, passes, noise):
        images = self.noisy(images, noise, 1)
        teacher = passes.view(images, noise, 1, averaged=True)
        return perturbations.squared_distance(logits, tf.stop_gradient(teacher))


class TemporalEnsembling(Consistency):
    """Temporal Ensembling: the other is an average of past predictions.

    Without gradient, and without a second pass. An image that is drawn for
    the first time has no past, and no distance (Laine and Aila, section 3.2).
    """

    def build_memory(self, num_images, num_classes):
        self.memory = PredictionTable(
            num_images, num_classes, self.settings.prediction_decay
        )

    def distance(self, logits, images, rows, passes, noise):
        past, known = self.memory(rows)
        predictions = tf.nn.softmax(logits)
        if passes.learns:
            self.memory.remember(rows, tf.stop_gradient(predictions))
        difference = predictions - tf.cast(past, logits.dtype)
        squares = tf.reduce_sum(tf.square(difference), axis=-1)
        return tf.cast(known, logits.dtype) * squares
