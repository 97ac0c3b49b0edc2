"""The train step: classifier down, mask generator up, in one update."""

import keras
import tensorflow as tf

from xvat_tf.perturbations import TrainingPasses
from xvat_tf.tags import TOTAL
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import MaximumLikelihood


class Trainer(keras.Model):
    """Trains any Keras classifier with one of the methods, through `fit`.

    One gradient tape and one backward pass give the classifier the gradient
    it descends and the generator the gradient it ascends; each has its own
    optimizer. Batches are the dicts of `data.training_stream`. Reported
    values are means since the last `reset_metrics`.

    Args:
        classifier: Built, uncompiled Keras model, float images -> logits.
        objective: One of `objectives.OBJECTIVES`, made with the generator.
        optimizer: Optimizer of the classifier.
        generator_optimizer: Optimizer of the objective's generator, if it has
            one.
        seed: Seed of the perturbations' noise.

    Example:
        >>> trainer = Trainer(classifier, objective, keras.optimizers.Adam())
        >>> trainer.fit(stream, epochs=10, steps_per_epoch=500)
    """

    def __init__(
        self,
        classifier: keras.Model,
        objective: MaximumLikelihood,
        optimizer: keras.optimizers.Optimizer,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
    ):
        super().__init__(name="trainer")
        self.classifier = classifier
        self.objective = objective
        self.generator = objective.generator
        self.generator_optimizer = generator_optimizer
        self._seed = seed
        self._means = {
            tag: keras.metrics.Mean(tag) for tag in (TOTAL, *objective.tags)
        }
        # Each optimizer knows only its own variables; Keras would build the
        # first on all of them at the start of fit.
        optimizer.build(classifier.trainable_variables)
        if self.generator is not None:
            generator_optimizer.build(self.generator.trainable_variables)
        self.built = True
        self.compile(optimizer=optimizer)

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the values a step reports."""
        return tuple(self._means)

    @property
    def metrics(self):
        return list(self._means.values())

    def call(self, images, training=False):
        return self.classifier(images, training=training)

    def train_step(self, batch):
        """One joint update.

        Args:
            batch: See `objectives.MaximumLikelihood.__call__`.

        Returns:
            Means of every value since the last reset, by tag.
        """
        noise = StepNoise(self._seed, self.optimizer.iterations.value)
        with tf.GradientTape() as tape:
            passes = TrainingPasses(self.classifier, tape)
            values = self.objective(batch, passes, noise)
            total = weighted_total(values, self.objective.weights)
        self._update(tape, total)
        self._means[TOTAL].update_state(total)
        for tag, value in values.items():
            self._means[tag].update_state(value)
        return {tag: mean.result() for tag, mean in self._means.items()}

    def _update(self, tape, total):
        descending = self.classifier.trainable_variables
        ascending = (
            [] if self.generator is None else self.generator.trainable_variables
        )
        down, up = tape.gradient(total, [descending, ascending])
        self.optimizer.apply(down, descending)
        if ascending:
            # Unary minus keeps the table's gradient sparse.
            self.generator_optimizer.apply([-g for g in up], ascending)


def weighted_total(values, weights) -> tf.Tensor:
    """Sum of the batch means of `values`, each times its weight."""
    means = {tag: tf.reduce_mean(values[tag]) for tag in weights}
    return tf.add_n([weight * means[tag] for tag, weight in weights.items()])
