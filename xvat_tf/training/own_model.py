"""The joint step of a user's model: looked at and built as data are seen."""

import keras
import tensorflow as tf

from xvat_tf import perturbations
from xvat_tf.errors import UserError
from xvat_tf.models import MaskTable, PredictionTable, build_generator
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY, TOTAL
from xvat_tf.settings.axes import channels_of
from xvat_tf.training import classifier_checks, health, own_data
from xvat_tf.training.saving import SavedStep


class OwnModelStep(SavedStep):
    """A joint step whose classifier and data are a user's.

    The classifier is checked by the first data, whose shape and number the
    generator and the optimizers wait for. `Trainer` sets the attributes.
    """

    _own: own_data.OwnData
    _num_outputs: int | None = None
    channels: str

    def test_step(self, batch):
        """Cross entropy and accuracy of labeled inputs in inference mode."""
        inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
        inputs = self._own.floating(inputs)
        values, outputs = self._clean_values(inputs, targets, weights)
        means = [self._means[TOTAL], self._means[ACCURACY]]
        logs = _recorded(means, values)
        logs |= self._measure(targets, outputs, weights)
        if self.average is not None:
            with self.average.in_use():
                values, _ = self._clean_values(inputs, targets, weights)
            logs |= _recorded(self._averaged_means, values)
        return logs

    def _clean_values(self, inputs, targets, weights):
        passes = perturbations.InferencePasses(self.classifier, self.perturb)
        logits = passes.stateful(inputs)
        labels = own_data.canonical(targets, passes.outputs.shape[-1])
        labeled = {"labels": labels}
        if weights is not None:
            labeled["weights"] = own_data.flat(weights, logits.dtype)
        return self.objective.clean_values(labeled, logits), passes.outputs

    def _fed(self, x, y, options):
        """The feed of `fit` and its batches, for which everything is built."""
        if not self.compiled:
            raise UserError("the trainer has no optimizer: call compile first.")
        feed = self._own.feed(x, y, options, self.seed)
        self._prepare(feed)
        start = own_data.Start(
            lambda: int(self.step.numpy()), lambda: self._resumed
        )
        return feed, feed.stream(self._num_outputs, start)

    def _prepare(self, feed):
        """Checks the classifier; builds what the data had to be seen for."""
        method = self.objective.settings
        if self._num_outputs is None:
            inputs = feed.example()
            num_outputs = classifier_checks.check(
                self.classifier, inputs, self.perturb, method.perturbs
            )
            images = inputs[self.perturb] if self.perturb else inputs
            # In an object of its own: Keras would track the list.
            self._checks = tuple(
                health.probe_checks(method, self.classifier, images)
            )
            if self._lacks_generator:
                self._build_generator(feed, images)
            self._num_outputs = num_outputs
        if self._lacks_memory:
            rows = feed.num_rows(with_labeled=False)
            self.objective.build_memory(rows, max(self._num_outputs, 2))
        self._require_rows(feed)
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

    def _require_rows(self, feed):
        table = self.memory or self.generator
        if not isinstance(table, MaskTable | PredictionTable):
            return
        rows = feed.num_rows(self.objective.settings.regularises_labeled)
        if rows != table.num_images:
            raise UserError(
                f"the table has {table.num_images} rows and the data {rows}"
                " inputs: a row belongs to an input, so train on the same"
                " inputs."
            )


def _recorded(means, values):
    """Adds cross entropy and accuracy to two means; these by name."""
    for mean, tag in zip(means, (CROSS_ENTROPY, ACCURACY), strict=True):
        mean.update_state(values[tag])
    return {mean.name: mean.result() for mean in means}
