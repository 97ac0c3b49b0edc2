"""The recorded conv13, with weights made again from a seed."""

import keras
import numpy as np

from tests.golden import recipes
from xvat_tf.models import build_classifier
from xvat_tf.reference.side_by_side.inputs import assign, reference_names
from xvat_tf.settings import resolve

_CLASSES = 10


def build_conv13(image_shape: tuple[int, ...], **given) -> keras.Model:
    """Conv13 of the official scripts, dropout off as in the recordings."""
    values = {"dataset": "svhn", "keep_prob_hidden": 1.0, **given}
    return build_classifier(resolve(values).network, image_shape, _CLASSES, 0)


def assign_recipe(classifier: keras.Model, seed, **options) -> None:
    """Gives a conv13 the weights of `recipes.cnn_weights(seed, **options)`."""
    assign(classifier, recipes.cnn_weights(int(seed), **options))


def values_by_name(classifier: keras.Model) -> dict[str, np.ndarray]:
    """Current weights and statistics by the references' names."""
    return {
        name: variable.numpy()
        for name, variable in reference_names(classifier).items()
    }


def gradients_by_name(classifier, step) -> dict[str, np.ndarray]:
    """Gradients of a `gradient_step.Step` by the references' names."""
    return {
        name: step.gradients[variable.path]
        for name, variable in reference_names(classifier).items()
        if variable.path in step.gradients
    }
