"""The joint step of a user's model: looked at and built as data are seen."""

import keras
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.errors import UserError
from xvat_tf.models import MaskTable, PredictionTable, build_generator
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY, NAMES, TOTAL
from xvat_tf.settings.axes import channels_of
from xvat_tf.training import classifier_checks, health, own_data
from xvat_tf.training.objectives import MaximumLikelihood
from xvat_tf.training.saving import SavedStep


class OwnModelStep(SavedStep):
    """A joint step whose classifier and data are a user's.

    The classifier is checked by the first data, whose shape and number the
    generator and the optimizers wait for. Arguments as in `Trainer`.
    """

    def __init__(
        self,
        classifier: keras.Model,
        objective: MaximumLikelihood,
        unlabeled: own_data.Inputs | None,
        *,
        channels: str,
        **options,
    ):
        super().__init__(classifier, objective, **options)
        if self.distribution.strategy is None:
            for model in (classifier, self):
                classifier_checks.require_one_device(model)
        # In an object of its own: Keras would wrap dicts and lists.
        self._own = own_data.OwnData(
            unlabeled, self.perturb, classifier_checks.input_names(classifier)
        )
        self._num_outputs: int | None = None
        self.channels = channels

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
            {TOTAL: values[CROSS_ENTROPY], ACCURACY: values[ACCURACY]}
        )
        names = NAMES[TOTAL], NAMES[ACCURACY]
        measured = self._measure(targets, passes.outputs, weights)
        measured |= self._averaged_values(inputs, labeled)
        return {name: logs[name] for name in names} | measured

    def _averaged_values(self, inputs, labeled):
        """Cross entropy and accuracy with averaged weights, by name."""
        if self.average is None:
            return {}
        with self.average.in_use():
            passes = perturbations.InferencePasses(
                self.classifier, self.perturb
            )
            logits = passes.stateful(self._own.floating(inputs))
        values = self.objective.clean_values(labeled, logits)
        means = self._averaged_means.values()
        for mean, tag in zip(means, (CROSS_ENTROPY, ACCURACY), strict=True):
            mean.update_state(values[tag])
        return {mean.name: mean.result() for mean in means}

    def _require_compiled(self):
        if not self.compiled:
            raise UserError("the trainer has no optimizer: call compile first.")

    def _stream(self, feed, checks):
        """The batches of `feed`, for which everything is built."""
        self._prepare(feed)
        start = own_data.Start(
            lambda: int(self.step.numpy()), lambda: self._resumed
        )
        return feed.stream(self._num_outputs, start, checks)

    def _prepare(self, feed):
        """Checks the classifier; builds what the data had to be seen for."""
        method = self.objective.settings
        if self._num_outputs is None:
            inputs = feed.example()
            num_outputs = classifier_checks.check(
                self.classifier, inputs, self.perturb, method.perturbs
            )
            images = inputs[self.perturb] if self.perturb else inputs
            unit = perturbations.coarsest_spacing(self.classifier)
            # In an object of its own: Keras would track the list.
            self._checks = tuple(health.probe_checks(method, images, unit))
            if self._lacks_generator:
                self._build_generator(feed, images)
            self._num_outputs = num_outputs
        if self._lacks_memory:
            rows = feed.num_rows(with_labeled=False)
            self.objective.build_memory(rows, max(self._num_outputs, 2))
        table = self.memory or self.generator
        if isinstance(table, MaskTable | PredictionTable):
            feed.require_rows(table.num_images, method.regularises_labeled)
        self.build_optimizers()
        self._load_pending()

    def _build_generator(self, feed, images):
        """Makes the generator that the method names, or builds the given."""
        if self.generator is not None:
            self.generator(images, tf.range(tf.shape(images)[0]))
            return
        method, rows = self.objective.settings, 0
        if method.has_table:
            rows = feed.num_rows(with_labeled=method.regularises_labeled)
        shape = tuple(images.shape[1:])
        channels = channels_of(shape, self.channels, self.perturb or "x")
        self.generator = self.objective.generator = build_generator(
            method, shape, rows, self.seed, channels=channels
        )
