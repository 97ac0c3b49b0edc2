"""The train step: classifier down, mask generator up, in one update."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from xvat_tf.models import MaskTable
from xvat_tf.perturbations import InferencePasses, TrainingPasses
from xvat_tf.records import tags
from xvat_tf.training import schedules
from xvat_tf.training.averaging import WeightAverage
from xvat_tf.training.keras_arguments import build_own
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import MaximumLikelihood
from xvat_tf.training.replicas.distribution import ALONE, Distribution, Votes
from xvat_tf.training.replicas.replicated_step import ReplicatedStep
from xvat_tf.training.replicas.whole_table import WholeTable

# What a step reads and moves, by the attributes of `JointStep`.
STATE = (
    *("classifier", "optimizer", "generator", "generator_optimizer"),
    *("average", "memory"),
)


class JointStep(keras.Model):
    """A classifier, an objective and the step that updates them together.

    One gradient tape and one backward pass give the classifier the gradient
    it descends and the generator the gradient it ascends; each has its own
    optimizer. Reported values are means since the last `reset_metrics`, by
    Keras' name. Arguments as in `Trainer`; the objective's generator may still
    be missing.

    Attributes:
        steps_done: Of a run, for its callbacks; `step` is on the device.
        average: The `WeightAverage`, once optimizers are built, if there is
            an `ema_decay`; else None.
    """

    def __init__(
        self,
        classifier: keras.Model,
        objective: MaximumLikelihood,
        perturb: str | None,
        statistics: str,
        seed: int,
        distribution: Distribution,
        ema_decay: float,
    ):
        super().__init__(name="trainer")
        self.classifier, self.objective = classifier, objective
        self.generator = objective.generator
        self.generator_optimizer: keras.optimizers.Optimizer | None = None
        self.perturb, self.statistics, self.seed = perturb, statistics, seed
        self.ema_decay: float = ema_decay
        self.average: WeightAverage | None = None
        self.distribution, self.votes = distribution, Votes(distribution)
        self.steps_done = 0
        self._means = {
            tag: keras.metrics.Mean(tags.NAMES[tag])
            for tag in (tags.TOTAL, *objective.tags)
        }
        averaged = (tags.AVERAGED_CROSS_ENTROPY, tags.AVERAGED_ACCURACY)
        self._averaged_means = [
            keras.metrics.Mean(tags.NAMES[tag])
            for tag in (averaged if ema_decay else ())
        ]
        # Keras would build all parts as one model; each is built on its own.
        self.built = True

    def build_optimizers(self):
        """Makes each optimizer's variables for its own part of the weights.

        And the average of the weights. The generator's optimizer is the
        method's if none was given. Keras would build the first on all weights.
        """
        with self.distribution.scope():
            build_own(
                self.optimizer, self.classifier.trainable_variables, "optimizer"
            )
            if self.ema_decay and self.average is None:
                self.average = WeightAverage(self.classifier, self.ema_decay)
        if self.generator is None:
            return
        with (ALONE if self._table else self.distribution).scope():
            if self.generator_optimizer is None:
                method = self.objective.settings
                self.generator_optimizer = schedules.generator_optimizer(
                    method.ascent, method.generator_learning_rate
                )
            build_own(
                self.generator_optimizer,
                self.generator.trainable_variables,
                "generator_optimizer",
            )

    @property
    def tags(self) -> tuple[str, ...]:
        """TensorBoard tags of the values a step reports."""
        return tuple(self._means)

    @property
    def classifier_optimizer(self) -> keras.optimizers.Optimizer:
        """The optimizer that moves the classifier, without loss scaling."""
        return getattr(self.optimizer, "inner_optimizer", self.optimizer)

    @property
    def step(self) -> keras.Variable:
        """Steps done: with accumulated gradients more than updates."""
        return self.classifier_optimizer._iterations

    @property
    def trainable_weights(self) -> list[keras.Variable]:
        """What `optimizer` moves; the generator has an optimizer of its own."""
        return self.classifier.trainable_weights

    @property
    def memory(self) -> keras.layers.Layer | None:
        """State of the objective's own that no optimizer moves."""
        return self.objective.memory

    @property
    def _loss_scale(self):
        return getattr(self.optimizer, "dynamic_scale", None)

    def call(self, images, training=False):
        return self.classifier(images, training=training)

    def make_train_function(self, force=False):
        if self.distribution.strategy is None:
            return super().make_train_function(force)
        if self.train_function is None or force:
            self.train_function = ReplicatedStep(self, self.distribution)

    @property
    def metrics(self):
        compiled = self._compile_metrics
        means = *self._means.values(), *self._averaged_means
        return [*means, *([compiled] if compiled else [])]

    def train_step(self, batch: Mapping[str, tf.Tensor]):
        """One joint update by a batch as `MaximumLikelihood` reads it.

        Metrics take its `targets`, the labels as they were given.
        """
        # At the end of data whose length Keras does not know it takes a step
        # without a batch, in which what needs none would happen: the count.
        with tf.control_dependencies(tf.nest.flatten(batch)):
            noise = StepNoise(self.seed, self.step.value)
            values, passes = self.update(batch, self.passes, noise)
            self.finish_step()
            measured = self._measure(
                batch.get("targets"), passes.outputs, batch.get("weights")
            )
            return self.record(values) | measured

    def update(self, batch, make_passes, noise):
        """Updates classifier and generator by a batch, or a replica's share.

        `make_passes` makes the passes of a tape. Returns per-example values by
        tag with the loss, a scalar, and the passes.
        """
        with tf.GradientTape() as tape:
            passes = make_passes(tape)
            values = self.objective(batch, passes, noise)
            total = weighted_total(values, self.objective.weights)
            if passes.penalties:
                total += tf.cast(tf.add_n(passes.penalties), total.dtype)
            # Gradients are summed over replicas: that of the global mean.
            count = self.distribution.num_replicas
            share = total if count == 1 else total / count
            scaled = self.optimizer.scale_loss(share)
        self._apply(tape, scaled)
        return {tags.TOTAL: total} | values, passes

    def inference_passes(self) -> InferencePasses:
        return InferencePasses(
            self.classifier, self.perturb, self.step.value, self.average
        )

    def passes(self, tape, kind=TrainingPasses, **more) -> TrainingPasses:
        scale = 1.0
        if self._loss_scale is not None:
            scale = tf.convert_to_tensor(self._loss_scale)
        return kind(
            self.classifier,
            tape,
            loss_scale=scale,
            perturb=self.perturb,
            statistics=self.statistics,
            step=self.step.value,
            average=self.average,
            **more,
        )

    def record(self, values, counts=None):
        """Adds values by tag, each of one or `counts` examples."""
        counts = [None] * len(values) if counts is None else counts
        for (tag, value), count in zip(values.items(), counts, strict=True):
            self._means[tag].update_state(value, sample_weight=count)
        return {mean.name: mean.result() for mean in self._means.values()}

    def _measure(self, targets, outputs, weights):
        if self._compile_metrics is None or targets is None:
            return {}
        self._compile_metrics.update_state(
            targets, outputs, sample_weight=weights
        )
        return self._compile_metrics.result()

    def finish_step(self):
        """What follows an update, once for all replicas."""
        if self.average is not None:
            self.average.move(self.step.value)
        if self._table is not None:
            self.generator_optimizer.iterations.assign(
                self.optimizer.iterations.value
            )

    def state(self, *parts: str) -> dict[str, list]:
        """Variables by part, of `STATE`, as files hold them, or none.

        A whole table stands for the rows of a worker.
        """
        found = {
            part: getattr(getattr(self, part), "variables", [])
            for part in parts
        }
        divided = self._table is not None and self.distribution.num_workers > 1
        if divided and "generator" in parts:
            found["generator"] = [WholeTable(self._table, self.distribution)]
        return found

    @property
    def _table(self):
        """The mask table, where it is not one of the strategy's variables."""
        alone = self.distribution.strategy is None
        is_table = isinstance(self.generator, MaskTable)
        return self.generator if is_table and not alone else None

    def _apply(self, tape, scaled_total):
        descending = self.classifier.trainable_variables
        ascending = (
            [] if self.generator is None else self.generator.trainable_variables
        )
        down, up = tape.gradient(scaled_total, [descending, ascending])
        if self._table is not None:
            rate = self.generator_optimizer.learning_rate
            self._table.ascend(up[0], rate)
        elif ascending and self._loss_scale is None:
            # Unary minus keeps the table's gradient sparse.
            self.generator_optimizer.apply([-g for g in up], ascending)
        elif ascending:
            self._ascend_if_finite(up, ascending)
        self.optimizer.apply(down, descending)

    def _ascend_if_finite(self, gradients, ascending):
        """As the classifier: a step whose scaled gradients overflow is left.

        Before the classifier's update, which may change the scale.
        """
        scale = tf.convert_to_tensor(self._loss_scale)
        ascent = [-g / scale for g in gradients]
        # Entries of a dense or sparse gradient.
        entries = [getattr(g, "values", g) for g in ascent]
        finite = [tf.reduce_all(tf.math.is_finite(e)) for e in entries]
        tf.cond(
            tf.reduce_all(finite),
            lambda: self.generator_optimizer.apply(ascent, ascending),
            lambda: None,
        )


def weighted_total(values, weights) -> tf.Tensor:
    """Sum of the batch means of `values`, each times its weight."""
    means = {tag: tf.reduce_mean(values[tag]) for tag in weights}
    return tf.add_n([weight * means[tag] for tag, weight in weights.items()])
