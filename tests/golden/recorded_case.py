"""One recorded case of xVAT or xAT on xvat's MLPSemi."""

from collections.abc import Iterator, Mapping

import keras
import numpy as np

from tests.golden import bars
from tests.golden.adam_forms import PyTorchEpsilon
from tests.golden.conv13 import gradients_by_name
from tests.golden.perceptron import build_perceptron
from tests.golden.recorded_training import (
    Recorded,
    RecordedStep,
    recorded_step,
    unlabeled_loss,
)
from xvat_tf.methods import Method
from xvat_tf.models import build_generator
from xvat_tf.records.tags import CROSS_ENTROPY, TOTAL
from xvat_tf.reference.side_by_side.gradient_step import take_step
from xvat_tf.reference.side_by_side.quantity import Quantity, relative
from xvat_tf.settings import resolve
from xvat_tf.training import Trainer, make_objective, schedules

TRAJECTORY = 1e-6


class RecordedCase:
    """Builds its networks, takes its steps and compares by its names.

    The loss of the program is `scale` times ours.
    """

    def __init__(
        self, arrays: Mapping, name: str, method: Method, scale: float = 1.0
    ):
        self.arrays, self.name = arrays, name
        self.method, self.scale = method, scale
        self.names = arrays["names"].tolist()

    def batch(self, i: int) -> dict:
        """The batch of step `i`, with its noise."""
        raise NotImplementedError

    def build(self, shape: tuple[int, ...], size: int, starts: list):
        """Classifier and objective; `starts` are values of the generator."""
        arrays = self.arrays
        classifier = build_perceptron(shape, arrays["weights_seed"], arrays)
        generator = build_generator(self.method, shape, size, 0)
        variables = generator.trainable_variables
        for variable, key in zip(variables, starts, strict=True):
            variable.assign(arrays[key])
        return classifier, make_objective(self.method, generator)

    def first_step(self, classifier: keras.Model, objective) -> RecordedStep:
        """The step of the first batch, whose gradients are kept."""
        return recorded_step(classifier, objective, self.batch(0))

    def train(self, classifier, objective, generator_optimizer) -> dict:
        """Takes all steps; losses, and what each left of the generator."""
        values = {"dataset": "mnist", "learning_rate": float(self.arrays["lr"])}
        optimizer = schedules.classifier_optimizer(resolve(values).train)
        trainer = Trainer(classifier, Recorded(objective))
        trainer.compile(optimizer, generator_optimizer)
        epsilons = [
            PyTorchEpsilon(adam, self.scale)
            for adam in (optimizer, generator_optimizer)
            if hasattr(adam, "epsilon")
        ]
        rows = []
        for i in range(len(self.arrays["x_l"])):
            for epsilon in epsilons:
                epsilon.before_step()
            values = take_step(trainer, self.batch(i))
            variables = objective.generator.trainable_variables
            left = {
                f"generator/{n}": v.numpy() for n, v in enumerate(variables)
            }
            rows.append(self.losses(values, objective) | left)
        return {key: np.stack([row[key] for row in rows]) for key in rows[0]}

    def losses(self, values: Mapping, objective) -> dict:
        """Under the program's names."""
        return {
            "ce_loss": values[CROSS_ENTROPY],
            "ul_loss": self.scale * unlabeled_loss(values, objective),
            "total_loss": self.scale * values[TOTAL],
        }

    def check_losses(self, step, objective) -> Iterator[Quantity]:
        for key, value in self.losses(step.values, objective).items():
            yield self.relative(f"{key}_f64", value, bars.LOSS)

    def check_gradients(self, classifier, step, **more) -> Iterator[Quantity]:
        """Norms of all, and those of `more` by key."""
        gradients = gradients_by_name(classifier, step)
        norms = [np.linalg.norm(gradients[name]) for name in self.names]
        found = {"norms": norms, "fc3_b": gradients["fc3_b"]} | more
        for key, value in found.items():
            value = np.multiply(self.scale, value)
            yield self.relative(f"grad_{key}_f64", value, bars.STORED)

    def norms(self, after: Mapping, before: Mapping | None = None) -> list:
        """Of variables, or of their changes."""
        return [
            np.linalg.norm(after[n] - (before[n] if before else 0))
            for n in self.names
        ]

    def of(self, key: str) -> np.ndarray:
        """What is recorded of the case."""
        return self.arrays[f"{self.name}_{key}"]

    def has(self, key: str) -> bool:
        return f"{self.name}_{key}" in self.arrays

    def relative(self, key: str, found, bar: float) -> Quantity:
        return relative(f"{self.name}_{key}", found, self.of(key), bar)

    def where_recorded(self, key: str, found) -> Iterator[Quantity]:
        if self.has(key):
            yield self.relative(key, found, bars.STORED)
