"""Keras' `compile` and `fit` around the joint step, for any classifier."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.errors import UserError
from xvat_tf.methods import Method
from xvat_tf.models import build_generator
from xvat_tf.settings.axes import channels_of
from xvat_tf.tags import ACCURACY, CROSS_ENTROPY, NAMES, TOTAL
from xvat_tf.training import classifier_checks, health, own_data, schedules
from xvat_tf.training.accuracy import with_accuracy
from xvat_tf.training.distribution import ALONE, Distribution
from xvat_tf.training.joint_step import JointStep
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives import MaximumLikelihood, make_objective


class Trainer(JointStep):
    """Trains a Keras classifier with one of the methods, as Keras trains.

    `fit` reports means over the epoch: `loss` (the total), `accuracy`,
    `cross_entropy` and what else the method has, and as `val_loss` the cross
    entropy. `save`, and with it `ModelCheckpoint`, writes the classifier.

    Args:
        classifier: Keras model, inputs -> logits, `(batch, classes)`, or
            `(batch, 1)` for two classes. Losses of its own, such as those of
            weight regularizers, are added.
        method: `Mle()`, `At(...)`, `Vat(...)`, `VatEnt(...)`, `XAt(...)`,
            `XVat(...)`; or an objective that is already made.
        unlabeled: Unlabeled inputs: an array, a dict of arrays, or a
            `tf.data.Dataset` of batches. Without them the labeled batch is
            regularised. Methods that need labels do not read them.
        perturb: Of several inputs the name of the one to perturb.
        channels: Where the perturbed input has its channels, for masks:
            `"last"`, `"first"`, or `"none"`. With `"auto"` inputs `(n,
            height, width)` are grey images, whose masks have a value for each
            pixel (say `"last"` for sequences, to mask whole steps), others
            have channels last; what looks like channels first is refused.
        generator: Mask generator, a layer `(images, indices) -> log_alpha`;
            by default the one that the method names.
        statistics: The batch that moves the moving statistics of batch norm:
            `"labeled"` as in both reference codes, or `"unlabeled"`.
        seed: Seed of batches, perturbations and generator.
        distribution: The replicas; networks and optimizers, but not a mask
            table and its optimizer, were made in its scope, and `fit` is
            called in it. The trainer itself is made outside.

    Example:
        >>> trainer = Trainer(classifier, XVat(), unlabeled=x_u)
        >>> trainer.compile(optimizer="adam")
        >>> trainer.fit(x, y, epochs=10, validation_data=(x_val, y_val))
        >>> classifier.save("classifier.keras")
    """

    def __init__(
        self,
        classifier: keras.Model,
        method: Method | MaximumLikelihood,
        unlabeled: own_data.Inputs | None = None,
        *,
        perturb: str | None = None,
        channels: str = "auto",
        generator: keras.layers.Layer | None = None,
        statistics: str = "labeled",
        seed: int = 0,
        distribution: Distribution = ALONE,
    ):
        if isinstance(method, Method):
            objective = make_objective(method, generator)
            if method.needs_labels:
                unlabeled = None
        else:
            objective = method
        super().__init__(
            classifier, objective, perturb, statistics, seed, distribution
        )
        if distribution.strategy is None:
            for model in (classifier, self):
                classifier_checks.require_one_device(model)
        # In an object of its own: Keras would wrap dicts and lists.
        self._own = own_data.OwnData(unlabeled, perturb)
        self._num_outputs: int | None = None
        self.channels = channels

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str = "adam",
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        metrics=None,
        weighted_metrics=None,
        jit_compile: bool = False,
        run_eagerly: bool = False,
    ):
        """Chooses the optimizers and what else is measured.

        Args:
            optimizer: Of the classifier. A `LossScaleOptimizer` scales the
                loss for both, as float16 needs.
            generator_optimizer: Of the generator; by default the method's.
            metrics: Keras metrics of labels and the classifier's outputs. The
                accuracy is there without asking.
            weighted_metrics: The same, with sample and class weights.
            jit_compile: Whether XLA compiles the step.
            run_eagerly: Whether steps run uncompiled, to debug.
        """
        super().compile(
            optimizer=optimizer,
            metrics=with_accuracy(metrics),
            weighted_metrics=with_accuracy(weighted_metrics),
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
        )
        self.generator_optimizer = keras.optimizers.get(generator_optimizer)
        if self.classifier.built and not self._lacks_generator:
            self._build_optimizers()

    def fit(self, x, y=None, **options):
        """Trains.

        Args:
            x: Labeled inputs: an array, a dict of arrays, or a
                `tf.data.Dataset` of batches `(inputs, labels)` or `(inputs,
                labels, weights)`.
            y: Labels of arrays: integers, `(n,)` or `(n, 1)`, or
                probabilities such as one-hot rows, `(n, classes)`.
            **options: `batch_size` (32), `unlabeled_batch_size` (four times as
                many), `sample_weight`, `class_weight`, `validation_split`, and
                those of `keras.Model.fit`. An epoch, unless `steps_per_epoch`
                says, is a pass over the larger of the labeled and the
                unlabeled set; the smaller one repeats, and batches are full.

        Returns:
            Keras' `History`.

        Raises:
            UserError: Classifier, data or labels do not serve; one line.
        """
        if own_data.are_batches(x):
            return super().fit(x, **options)
        if not self.compiled:
            raise UserError("the trainer has no optimizer: call compile first.")
        options, keras_options = own_data.split_options(options)
        feed = self._own.feed(x, y, seed=self.seed, **options)
        self._prepare(feed)
        keras_options = feed.keras_options | keras_options
        checks = own_data.BatchChecks()
        stream = feed.stream(
            self._num_outputs, int(self.optimizer.iterations.numpy()), checks
        )
        if keras_options.get("validation_data") is not None:
            keras_options["validation_data"] = own_data.checked(
                keras_options["validation_data"],
                self._num_outputs,
                checks,
                "validation_data: ",
            )
        keras_options["callbacks"] = self._watched(
            keras_options.get("callbacks")
        )
        with checks.told():
            return super().fit(stream, shuffle=False, **keras_options)

    def evaluate(self, x=None, y=None, *more, **options):
        """Evaluates; see `keras.Model.evaluate`.

        Raises:
            UserError: Inputs or labels are no usable numbers.
        """
        # Of validation in `fit`, which has looked at it.
        if "_use_cached_eval_dataset" in options:
            return super().evaluate(x, y, *more, **options)
        checks = own_data.BatchChecks()
        outputs = self._num_outputs or self.classifier.output_shape[-1]
        if y is None:
            x = own_data.checked(x, outputs, checks)
        else:
            weights = options.get("sample_weight")
            own_data.checked((x, y, weights), outputs, checks)
        with checks.told():
            return super().evaluate(x, y, *more, **options)

    def save(self, filepath, overwrite=True, **options):
        """Saves the classifier; see `keras.Model.save`."""
        self.classifier.save(filepath, overwrite=overwrite, **options)

    def save_weights(self, filepath, overwrite=True, **options):
        """Saves the classifier's weights; see `keras.Model.save_weights`."""
        self.classifier.save_weights(filepath, overwrite=overwrite, **options)

    def load_weights(self, filepath, **options):
        """Loads the classifier's weights; see `keras.Model.load_weights`."""
        self.classifier.load_weights(filepath, **options)

    @property
    def metrics(self):
        compiled = self._compile_metrics
        return [*self._means.values(), *([compiled] if compiled else [])]

    def train_step(self, batch: Mapping[str, tf.Tensor]):
        """One joint update.

        Args:
            batch: See `objectives.MaximumLikelihood.__call__`; perhaps with
                `targets`, the labels as metrics take them.

        Returns:
            Means of every value since the last reset, by Keras' name.
        """
        noise = StepNoise(self.seed, self.optimizer.iterations.value)
        values, passes = self.update(batch, self._passes, noise)
        measured = self._measure(
            batch.get("targets"), passes.outputs, batch.get("weights")
        )
        return self.record(values) | measured

    def test_step(self, batch):
        """Cross entropy and accuracy of labeled inputs in inference mode."""
        inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
        passes = perturbations.InferencePasses(self.classifier, self.perturb)
        logits = passes.stateful(self._own.floating(inputs))
        labels = own_data.canonical(targets, passes.outputs.shape[-1])
        labeled = {"labels": labels}
        if weights is not None:
            labeled["weights"] = own_data.flat(weights, logits.dtype)
        values = self.objective.clean_values(labeled, logits)
        logs = self.record(
            {
                TOTAL: values[CROSS_ENTROPY],
                ACCURACY: values[ACCURACY],
            }
        )
        names = NAMES[TOTAL], NAMES[ACCURACY]
        measured = self._measure(targets, passes.outputs, weights)
        return {name: logs[name] for name in names} | measured

    def _measure(self, targets, outputs, weights):
        """The metrics that `compile` was given, by name."""
        if self._compile_metrics is None or targets is None:
            return {}
        self._compile_metrics.update_state(
            targets, outputs, sample_weight=weights
        )
        return self._compile_metrics.result()

    @property
    def _lacks_generator(self):
        settings = getattr(self.objective, "settings", None)
        masked = settings is not None and settings.uses_mask
        return masked and self.generator is None

    def _prepare(self, feed):
        """Builds what the data had to be seen for, and checks the classifier.

        Raises:
            UserError: The classifier does not serve.
        """
        if self._num_outputs is not None:
            return
        inputs = feed.example()
        method = self.objective.settings
        num_outputs = classifier_checks.check(
            self.classifier, inputs, self.perturb, method.perturbs
        )
        images = inputs[self.perturb] if self.perturb else inputs
        unit = perturbations.coarsest_spacing(self.classifier)
        # In an object of its own: Keras would track the list.
        self._checks = tuple(health.checks_of(method, images, unit))
        if self._lacks_generator:
            rows = 0
            if method.has_table:
                rows = feed.num_rows(with_labeled=method.regularises_labeled)
            shape = tuple(images.shape[1:])
            channels = channels_of(shape, self.channels, self.perturb or "x")
            self.generator = self.objective.generator = build_generator(
                method, shape, rows, self.seed, channels=channels
            )
        self._build_optimizers()
        self._num_outputs = num_outputs

    def _watched(self, callbacks):
        """The user's callbacks after those that watch over training."""
        if isinstance(callbacks, keras.callbacks.CallbackList):
            for callback in self._checks:
                callbacks.append(callback)
            return callbacks
        return [*self._checks, *tf.nest.flatten(callbacks or [])]

    def _build_optimizers(self):
        """Builds both, that of the generator by the method if none is given."""
        if self.generator is not None and self.generator_optimizer is None:
            method = self.objective.settings
            with self._generator_scope():
                self.generator_optimizer = schedules.generator_optimizer(
                    method.ascent, method.generator_learning_rate
                )
        self.build_optimizers()
