"""The panels of a run: pictures, histograms, the generator's gradient."""

import numpy as np
import tensorflow as tf

from xvat_tf.data import PreparedData, Scaler
from xvat_tf.files.tables import unmarked
from xvat_tf.records import tags
from xvat_tf.settings import Settings
from xvat_tf.training import views
from xvat_tf.training.evaluation.metrics import confusion_counts
from xvat_tf.training.joint_step import weighted_total
from xvat_tf.training.monitoring import drawing
from xvat_tf.training.monitoring.events import EventFiles, Histogram, Picture
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives.display import Panel
from xvat_tf.training.trainer import Trainer

_BATCH = 50


class Panels:
    """Pictures of probe images, histograms, the generator's gradient norm.

    Taken between steps, in inference mode, so the compiled step does nothing
    for them. Images and noise are the same every time: what changes from panel
    to panel has been learned.
    """

    def __init__(
        self,
        trainer: Trainer,
        data: PreparedData,
        settings: Settings,
        events: EventFiles,
    ):
        self._trainer, self._data, self._events = trainer, data, events
        self._settings, self._method = settings, settings.method
        self._noise = StepNoise(settings.train.seed, 0)
        self._probes = views.choose_probes(
            data,
            uses_unlabeled=settings.uses_unlabeled,
            seed=settings.train.seed,
        )
        self._batch = _first_images(data, settings.uses_unlabeled)

    def due(self, epochs: int) -> bool:
        """Whether panels are written after so many epochs."""
        train = self._settings.train
        # Of a table whose other rows other workers hold there are none.
        divided = self._trainer.distribution.num_workers > 1
        every = 0 if divided and self._method.has_table else train.panel_freq
        return every > 0 and (epochs % every == 0 or epochs == train.num_epochs)

    def write(self, step: int, logits: np.ndarray | None = None) -> None:
        """Writes the panels of this moment.

        Logits, `(n, classes)`, of evaluated images add a confusion matrix.
        """
        records: list[Picture | Histogram] = [
            *self.pictures(),
            *self.histograms(),
        ]
        norm = self.gradient_norm()
        with self._events.train(step):
            for record in records:
                record.write()
            if norm is not None:
                tf.summary.scalar(tags.GENERATOR_GRADIENT_NORM, norm)
        if logits is not None:
            confusion = self._confusion(logits)
            with self._events.test(step):
                confusion.write()

    def pictures(self) -> list[Picture]:
        """The probe images and what the method makes of them."""
        if not views.has_pictures(self._data.image_shape):
            return []
        probes = self._probes
        text = "x: one labeled training image a class"
        panels = [Panel(tags.IMAGE, probes.images, "picture", text)]
        shown = self._display(probes.images, probes.labels, probes.rows)
        if shown is not None:
            panels += shown.panels(self._method)
        return [draw_panel(panel, self._data.scaler) for panel in panels]

    def histograms(self) -> list[Histogram]:
        """Weights of three layers and, of mask methods, the masks."""
        kernels = views.three_kernels(self._trainer.classifier)
        found = [
            Histogram(
                tags.WEIGHTS_HISTOGRAMS[place],
                kernel.weights,
                f"Weights of `{kernel.layer}` {kernel.weights.shape}.",
            )
            for place, kernel in kernels.items()
        ]
        return found + self._of_masks() if self._method.uses_mask else found

    def gradient_norm(self) -> float | None:
        """L2 norm of the loss's gradient to the generator's variables."""
        trainer, batch = self._trainer, self._batch
        if trainer.generator is None:
            return None
        variables = [
            trainer.distribution.local_copy(variable)
            for variable in trainer.generator.trainable_variables
        ]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            passes = trainer.inference_passes()
            values = trainer.objective.perturbed_values(
                batch, passes.traceless(batch["images"]), passes, self._noise
            )
            # The part of the loss that depends on the generator.
            weights = trainer.objective.weights
            total = weighted_total(
                values, {tag: weights[tag] for tag in weights if tag in values}
            )
        return float(tf.linalg.global_norm(tape.gradient(total, variables)))

    def _display(self, images, labels, rows):
        passes = self._trainer.inference_passes()
        return self._trainer.objective.display(
            tf.convert_to_tensor(images), labels, rows, passes, self._noise
        )

    def _of_masks(self):
        """Of the first images, which are the first rows of a table."""
        batch = self._batch
        masks = self._display(
            batch.get("unlabeled_images", batch["images"]),
            batch["labels"],
            batch.get("unlabeled_indices", batch["indices"]),
        )
        hidden = (masks.sample == 0).reshape(len(masks.sample), -1)
        count = f"{len(hidden)} training images"
        found = [
            Histogram(
                tags.SPARSITY_HISTOGRAM,
                hidden.mean(axis=1),
                f"Share of each mask that is 0; {count}.",
            ),
            Histogram(
                tags.LOG_ALPHA_HISTOGRAM,
                masks.log_alpha,
                f"All entries of log alpha; {count}.",
            ),
        ]
        # The weights of a table are its log alpha, before any bound.
        if not self._method.has_table:
            variables = self._trainer.generator.trainable_variables
            weights = np.concatenate([np.ravel(v.numpy()) for v in variables])
            text = "All generator weights."
            found.append(Histogram(tags.GENERATOR_HISTOGRAM, weights, text))
        return found

    def _confusion(self, logits):
        """The confusion matrix, described by the names of the classes."""
        data, on = self._data, self._settings.data.evaluated_on
        caption = f"{on} images: rows true, columns predicted class"
        counts = confusion_counts(logits, data.test_labels)
        pixels = drawing.matrix(counts, caption)
        if data.class_names:
            caption += f"; in order: {unmarked(', '.join(data.class_names))}"
        return Picture(tags.CONFUSION_MATRIX, pixels, caption)


def draw_panel(panel: Panel, scaler: Scaler) -> Picture:
    """Draws a panel of an objective."""
    tiles, caption = panel.values, panel.caption
    if panel.kind == "picture":
        tiles = views.pictures(scaler, tiles)
    elif panel.kind == "signed":
        tiles = drawing.diverging(tiles, panel.limit)
    elif panel.kind == "change":
        changes = views.picture_changes(scaler, tiles)
        factor = views.amplification(changes)
        tiles = 0.5 + factor * changes
        caption = caption.format(factor=factor, end=0.5 / factor)
    return Picture(panel.tag, drawing.grid(tiles, caption), caption)


def _first_images(data, uses_unlabeled):
    """A batch as the objectives read it, of at most 50 images a list."""
    images = data.labeled_images[:_BATCH]
    batch = {
        "images": tf.constant(images),
        "labels": tf.constant(data.labeled_labels[:_BATCH]),
        "indices": tf.range(len(images)),
    }
    if uses_unlabeled:
        others = data.unlabeled_images[:_BATCH]
        batch["unlabeled_images"] = tf.constant(others)
        batch["unlabeled_indices"] = tf.range(len(others))
    return batch
