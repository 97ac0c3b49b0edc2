"""Keras' `compile` and `fit` around the joint step, for any classifier."""

import warnings

import keras

from xvat_tf.data.reading_ahead import faults_told
from xvat_tf.errors import UserError
from xvat_tf.methods import Method
from xvat_tf.training import (
    classifier_checks,
    health,
    keras_arguments,
    own_data,
)
from xvat_tf.training.objectives import MaximumLikelihood, make_objective
from xvat_tf.training.own_model import OwnModelStep
from xvat_tf.training.replicas.distribution import ALONE, Distribution


class Trainer(OwnModelStep):
    """Trains a Keras classifier with one of the methods, in the Keras way.

    `fit` reports means over the epoch: `loss` (the total), `accuracy`,
    `cross_entropy` and the other values of the method; `val_loss` is the cross
    entropy. `save`, and so `ModelCheckpoint`, writes the classifier.
    `save_weights`, and so `BackupAndRestore`, keeps everything that training
    needs to continue.

    Args:
        classifier: Keras model, inputs -> logits, `(batch, classes)`, or
            `(batch, 1)` for two classes. Its own losses, such as those of
            weight regularizers, are added.
        method: `Mle()`, `At(...)`, `Vat(...)`, `VatEnt(...)`, `XAt(...)`,
            `XVat(...)`; or an instance of an objective.
        unlabeled: Unlabeled inputs: an array, a dict of arrays, a
            `tf.data.Dataset` or a `keras.utils.PyDataset` of batches. Without
            them the labeled batch is regularised. Methods that need labels do
            not read them.
        perturb: Name of the input to perturb, if there are several.
        channels: Where the channels of the perturbed input are, for masks:
            `"last"`, `"first"` or `"none"`. With `"auto"`, inputs of shape `(n,
            height, width)` are grey images, with a mask value for each pixel
            (give `"last"` for sequences, to mask whole steps). Others have
            channels last; what looks like channels first is refused.
        generator: Mask generator, a layer `(images, indices) -> log_alpha`;
            by default the one that the method names.
        statistics: The batch that updates the moving statistics of batch norm:
            `"labeled"`, as in both reference programs, or `"unlabeled"`.
        seed: Seed of batches, perturbations and generator, from 0 to
            2^32 - 1.
        ema_decay: Decay per step of a moving average of the weights, in
            [0, 1); 0 for none, None for the method's. Validation and
            `evaluate` report it as `averaged_loss` and `averaged_accuracy`,
            and the classifier has it in `with trainer.averaged_weights():`.
        distribution: The replicas; networks and optimizers, but not a mask
            table and its optimizer, were made in its scope, and `fit` is
            called in it. The trainer itself is made outside.

    Raises:
        UserError: An argument is not one of these; one line names it.

    Examples:
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
        ema_decay: float | None = None,
        distribution: Distribution = ALONE,
    ):
        keras_arguments.require_instance(classifier, keras.Model, "classifier")
        keras_arguments.require_method(method)
        keras_arguments.check("statistics", statistics)
        keras_arguments.check("channels", channels)
        keras_arguments.check("seed", seed)
        if generator is not None:
            keras_arguments.require_instance(
                generator, keras.layers.Layer, "generator"
            )
        if isinstance(method, Method):
            objective = make_objective(method, generator)
            if method.needs_labels and unlabeled is not None:
                warnings.warn(
                    f"{type(method).__name__} reads labels alone: unlabeled is"
                    " not used, and an epoch is a pass over x. To compare"
                    " methods, give the same steps_per_epoch to all.",
                    stacklevel=2,
                )
                unlabeled = None
        else:  # An objective of the user's may read them, whatever it is of.
            objective = method
        usual = objective.settings.defaults.get("ema_decay", 0.0)
        ema_decay = usual if ema_decay is None else ema_decay
        keras_arguments.check("ema_decay", ema_decay)
        if usual and not ema_decay:
            raise UserError(
                f"ema_decay={ema_decay} leaves the method no averaged weights"
                " to learn from: leave it out."
            )
        super().__init__(
            classifier,
            objective,
            perturb,
            statistics,
            int(seed),
            distribution,
            ema_decay,
        )
        if distribution.strategy is None:
            for model in (classifier, self):
                classifier_checks.require_one_device(model)
        names = classifier_checks.input_names(classifier)
        # In an object of its own: Keras would wrap dicts and lists.
        self._own = own_data.OwnData(unlabeled, perturb, names)
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
        steps_per_execution: int = 1,
        **unknown,
    ):
        """Sets the optimizers and additional metrics.

        Args:
            optimizer: Optimizer of the classifier. A `LossScaleOptimizer`
                scales the loss for both, which float16 needs.
            generator_optimizer: Of the generator, by default the method's own.
            metrics: Keras metrics of labels and the classifier's outputs. The
                accuracy is always reported.
            weighted_metrics: The same, with sample and class weights.
            jit_compile: As in Keras.
            run_eagerly: As in Keras.
            steps_per_execution: As in Keras; divides the steps of an epoch.
            **unknown: Refused. A loss, for example: the method has its own.

        Raises:
            UserError: An argument is unknown or not one of these.
        """
        keras_arguments.refuse(unknown, "compile")
        keras_arguments.check("steps_per_execution", steps_per_execution)
        super().compile(
            optimizer=keras_arguments.optimizer(optimizer, "optimizer"),
            metrics=keras_arguments.without_accuracy(metrics, "metrics"),
            weighted_metrics=keras_arguments.without_accuracy(
                weighted_metrics, "weighted_metrics"
            ),
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
            steps_per_execution=int(steps_per_execution),
        )
        self.generator_optimizer = None
        if generator_optimizer is not None:
            self.generator_optimizer = keras_arguments.optimizer(
                generator_optimizer, "generator_optimizer"
            )
        if self.classifier.built and not self._lacks_generator:
            self.build_optimizers()

    def fit(self, x=None, y=None, *positional, **options):
        """Trains.

        Args:
            x: Labeled inputs: an array, a dict of arrays, a list of them in
                the order of the classifier's inputs; or batches `(inputs,
                labels)` or `(inputs, labels, weights)` from a
                `tf.data.Dataset`, a `keras.utils.PyDataset` or a generator.
            y: Labels of arrays: integers, `(n,)` or `(n, 1)`, or
                probabilities such as one-hot rows, `(n, classes)`.
            *positional: Options in the order of `keras.Model.fit`.
            **options: `batch_size` (32), `unlabeled_batch_size` (four times as
                many), `class_weight` (a dict), `shuffle`, `sample_weight`,
                `validation_split`, and those of `keras.Model.fit`. An epoch,
                unless `steps_per_epoch` says, is a pass over the larger of
                the labeled and the unlabeled set; the smaller one repeats,
                and batches of arrays are full. Where a length is not known,
                it is a pass over `x`.

        Returns:
            Keras' `History`.

        Raises:
            UserError: Classifier, data or labels cannot be used, or an option
                is unknown; one line.
        """
        options = keras_arguments.by_name(
            keras.Model.fit, positional, options, ["unlabeled_batch_size"]
        )
        keras_arguments.tell_modes(options.get("callbacks"))
        feed, stream = self._fed(x, y, options)
        keras_arguments.require_whole_calls(
            self.steps_per_execution, feed.epoch_steps
        )
        if options.get("validation_data") is not None:
            options["validation_data"] = self._own.validation(
                options["validation_data"], self._num_outputs
            )
        callbacks = options.pop("callbacks", None)
        with faults_told():
            history = super().fit(
                stream,
                shuffle=False,
                steps_per_epoch=feed.epoch_steps,
                callbacks=health.watched(callbacks, self._checks),
                **options,
            )
        if self.generator_optimizer is not None:
            # Of the other one Keras does so itself.
            self.generator_optimizer.finalize_variable_values(
                self.generator.trainable_variables
            )
        self._resumed = 0
        return history

    def train_on_batch(
        self,
        x,
        y=None,
        sample_weight=None,
        class_weight=None,
        return_dict=False,
    ):
        """Takes one step on a batch of labeled inputs.

        The step draws its unlabeled batch, whose inputs must be arrays.
        Arguments and result are those of `keras.Model.train_on_batch`.
        """
        options = {
            "batch_size": (len(y) if hasattr(y, "__len__") else 1) or 1,
            "sample_weight": sample_weight,
            "class_weight": class_weight,
            "steps_per_epoch": 1,
        }
        feed, stream = self._fed(x, y, options)
        if feed.unlabeled and feed.unlabeled.arrays is None:
            raise UserError(
                "train_on_batch takes its unlabeled batch from arrays: give"
                " unlabeled inputs as arrays, or call fit."
            )
        self.make_train_function()
        self.reset_metrics()
        with faults_told():
            logs = self.train_function(iter(stream.take(1)))
        logs = {name: float(value) for name, value in logs.items()}
        return logs if return_dict else list(logs.values())

    def evaluate(self, x=None, y=None, *positional, **options):
        """Measures cross entropy and accuracy; see `keras.Model.evaluate`."""
        cached = "_use_cached_eval_dataset"
        options = keras_arguments.by_name(
            keras.Model.evaluate, positional, options, [cached]
        )
        if cached in options:  # Of validation in `fit`, which looked at it.
            return super().evaluate(x, y, **options)
        data = self._own.for_evaluation(
            (x, y, options.pop("sample_weight", None)),
            self._num_outputs or self.classifier.output_shape[-1],
        )
        x, y, options["sample_weight"] = (*data, None, None)[:3]
        with faults_told():
            return super().evaluate(x, y, **options)

    def predict(self, x, *positional, **options):
        """Computes the classifier's outputs; see `keras.Model.predict`."""
        return super().predict(self._own.inputs(x), *positional, **options)
