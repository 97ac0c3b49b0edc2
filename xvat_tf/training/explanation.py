"""A learned mask as a saliency map: which pixels the prediction rests on."""

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.data.array_checks import check_finite, check_numbers
from xvat_tf.errors import UserError
from xvat_tf.models import InductiveGenerator, MaskTable
from xvat_tf.perturbations import (
    HardConcrete,
    InferencePasses,
    mask_divergence,
    per_example,
)
from xvat_tf.settings.axes import channels_of, mask_shape
from xvat_tf.training import classifier_checks
from xvat_tf.training.keras_arguments import require_instance
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import VirtualMasks
from xvat_tf.training.trainer import Trainer


def explain(
    model: keras.Model,
    images: np.ndarray,
    *,
    steps: int = 100,
    learning_rate: float = 0.1,
    lambda_l0: float = 1.0,
    seed: int = 0,
    channels: str = "auto",
) -> np.ndarray:
    """Finds masks that hide what the prediction depends on.

    A trainer with an inductive generator uses that generator. For any other
    classifier the masks are found for these images: as in training with a
    transductive table, log alpha ascends the divergence between the predictions
    for the image and the masked image, plus `lambda_l0` times the mean
    probability of keeping a pixel (paper eq. 13). The classifier is fixed, in
    inference mode.

    Args:
        model: A `Trainer`, or a Keras classifier, images -> logits.
        images: `(n, height, width)`, with channels, or `(n, features)`.
        steps: Steps of the search, 1 or more.
        learning_rate: Of Adam in the search.
        lambda_l0: Price of a hidden pixel in the search, 0 or above: the
            larger, the less is hidden.
        seed: Seed of the noise in the search.
        channels: As in `Trainer`; if `model` is a trainer, its own.

    Returns:
        Noise-free masks, float in [0, 1], `(n, height, width, 1)`, `(n,
        height, width)` or `(n, features)`; 0 hides. `1 - mask` is the
        saliency.

    Raises:
        UserError: The classifier does not end in logits or has no gradient, or
            the images are not finite numbers or look like channels first.
    """
    require_instance(model, keras.Model, "model")
    given = np.asarray(images)
    check_numbers("images", given)
    check_finite("images", given)
    images = tf.cast(images, keras.config.floatx())
    if isinstance(model, Trainer):
        if model.perturb is not None:
            raise UserError(
                "explain takes a single input, and this trainer perturbs"
                f" {model.perturb!r} of several inputs: call its generator."
            )
        generator, objective = model.generator, model.objective
        if isinstance(objective, VirtualMasks) and isinstance(
            generator, InductiveGenerator
        ):
            log_alpha = generator(images, None)
            return objective.hard_concrete.noise_free(log_alpha).numpy()
        model, channels = model.classifier, model.channels
    shape = tuple(images.shape[1:])
    channels = channels_of(shape, channels, "images")
    row = mask_shape(shape, channels, shared=True)
    classifier_checks.check(model, images, None, perturbed=True)
    table = MaskTable(len(images), row, seed=seed)
    return _search(model, images, table, steps, learning_rate, lambda_l0, seed)


def _search(classifier, images, table, steps, learning_rate, lambda_l0, seed):
    concrete, passes = HardConcrete(), InferencePasses(classifier)
    rows = tf.range(len(images))
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build(table.trainable_variables)
    clean_logits = passes.traceless(images)

    @tf.function(autograph=False)
    def ascend(step):
        with tf.GradientTape() as tape:
            log_alpha = table(images, rows)
            noise = StepNoise(seed, step).uniform(log_alpha)
            mask = concrete.sample_from_noise(log_alpha, noise)
            moved = mask_divergence(
                passes.traceless, images, mask, clean_logits
            )
            kept = per_example(concrete.expected_l0(log_alpha), "mean")
            # A sum: the search for one image does not depend on the others.
            loss = -tf.reduce_sum(moved + lambda_l0 * kept)
        gradients = tape.gradient(loss, table.trainable_variables)
        optimizer.apply(gradients, table.trainable_variables)

    for step in tf.range(steps):
        ascend(step)
    return concrete.noise_free(table(images, rows)).numpy()
