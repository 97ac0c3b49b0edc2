"""A method, a data set and a network that nothing else knows: one file."""

import dataclasses

import keras
import numpy as np

from xvat_tf import datasets, methods, networks, perturbations
from xvat_tf.data.sources import Source
from xvat_tf.methods import Line, Method
from xvat_tf.option import option
from xvat_tf.records.tags import PERTURBED
from xvat_tf.training.objectives.display import Display
from xvat_tf.training.objectives.maximum_likelihood import (
    MaximumLikelihood,
    regularised,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Jitter(Method):
    """Predictions of an image and of noise around it agree."""

    name = "jitter"
    label = "Jitter"
    title = "Consistency under noise"
    objective = f"{__name__}:JitterObjective"
    line = Line("#F0E442", "-", "o")

    weight: float = option(1.0, "Weight of the consistency.", at_least=0)
    spread: float = option(0.1, "Deviation of the noise.", above=0)


class JitterObjective(MaximumLikelihood):
    """CE + weight KL(clean || x + noise)."""

    extra_tags = (PERTURBED,)

    @property
    def weights(self):
        return super().weights | {PERTURBED: self.settings.weight}

    def perturbed_values(self, batch, logits, passes, noise):
        images, _, clean, passes = regularised(
            self.settings, batch, logits, passes
        )
        noisy = passes.traceless(self._noisy(images, noise))
        values = perturbations.divergence(clean, noisy, "kl_clean_perturbed")
        return {PERTURBED: values}

    def display(self, images, labels, rows, passes, noise):
        shown = Display()
        shown.perturbed = self._noisy(images, noise).numpy()
        return shown

    def _noisy(self, images, noise):
        return images + self.settings.spread * noise.normal(images)


def load_stripes(*arguments):
    """16x16 stripes, lying or standing, of random phases."""
    rng = np.random.default_rng(0)
    labels = np.arange(60, dtype=np.int32) % 2
    wave = 1 + np.sin(np.arange(16) / 2 + rng.uniform(0, 6, (60, 1)))
    lying = np.broadcast_to(wave[:, :, np.newaxis], (60, 16, 16))
    turned = np.where(labels[:, None, None], lying.transpose(0, 2, 1), lying)
    images = np.uint8(127 * turned)[..., np.newaxis]
    return Source(images[:40], labels[:40], images[40:], labels[40:], 2)


def build_tiny(settings, image_shape, num_classes, seed):
    """Two dense layers."""
    keras.utils.set_random_seed(seed)
    layers = [
        keras.Input(image_shape),
        keras.layers.Flatten(),
        keras.layers.Dense(int(8 * settings.width), activation="relu"),
        keras.layers.Dense(num_classes),
    ]
    return keras.Sequential(layers)


def build_softmax(*arguments):
    """Probabilities, not logits."""
    tiny = build_tiny(*arguments)
    return keras.Model(tiny.inputs, keras.layers.Softmax()(tiny.outputs[0]))


def register() -> None:
    """Makes the three known."""
    methods.register(Jitter)
    networks.register(
        networks.Network(
            "tiny",
            f"{__name__}:build_tiny",
            "two layers",
            timed={"tiny": {"dataset": "stripes", "network": "tiny"}},
        )
    )
    datasets.register(
        datasets.Dataset(
            "stripes",
            f"{__name__}:load_stripes",
            defaults={
                "network": "tiny",
                "num_labeled_examples": 4,
                "batch_size": 4,
                "ul_batch_size": 10,
                "num_epochs": 2,
                "num_iter_per_epoch": 5,
                "eval_freq": 1,
                "panel_freq": 1,
            },
            shape=(16, 16, 1),
            num_classes=2,
            num_unlabeled=40,
        )
    )
