"""When panels are due, and what is written then."""

import numpy as np
import tensorflow as tf

from xvat_tf.data import PreparedData
from xvat_tf.records import tags
from xvat_tf.settings import Settings
from xvat_tf.training.evaluation.metrics import confusion_counts
from xvat_tf.training.monitoring.events import EventFiles, Histogram, Picture
from xvat_tf.training.monitoring.measures import Measures
from xvat_tf.training.monitoring.pictures import ProbePictures, confusion_panel
from xvat_tf.training.trainer import Trainer


class Panels:
    """Pictures, histograms and the generator's gradient norm.

    Written before the first step, after every `panel_freq` epochs and after
    the last; never with `panel_freq` 0.
    """

    def __init__(
        self,
        trainer: Trainer,
        data: PreparedData,
        settings: Settings,
        events: EventFiles,
    ):
        self._events, self._train = events, settings.train
        self._labels, self._names = data.test_labels, data.class_names
        self._evaluated_on = settings.data.evaluated_on
        self._pictures = ProbePictures(trainer, data, settings)
        self._measures = Measures(trainer, data, settings)

    def due(self, epochs: int) -> bool:
        """Whether panels are written after so many epochs."""
        every, last = self._train.panel_freq, self._train.num_epochs
        return every > 0 and (epochs % every == 0 or epochs == last)

    def write(self, step: int, logits: np.ndarray | None = None) -> None:
        """Writes the panels of this moment.

        Logits, `(n, classes)`, of evaluated images add a confusion matrix.
        """
        records: list[Picture | Histogram] = [
            *self._pictures(),
            *self._measures.histograms(),
        ]
        norm = self._measures.gradient_norm()
        with self._events.train(step):
            for record in records:
                record.write()
            if norm is not None:
                tf.summary.scalar(tags.GENERATOR_GRADIENT_NORM, norm)
        if logits is not None:
            counts = confusion_counts(logits, self._labels)
            panel = confusion_panel(counts, self._evaluated_on, self._names)
            with self._events.test(step):
                panel.write()
