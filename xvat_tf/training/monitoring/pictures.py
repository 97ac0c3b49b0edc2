"""The image panels: probe images and what the method makes of them."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from xvat_tf.data import PreparedData, Scaler
from xvat_tf.files.tables import unmarked
from xvat_tf.records import tags
from xvat_tf.settings import Settings
from xvat_tf.training import views
from xvat_tf.training.monitoring import drawing
from xvat_tf.training.monitoring.events import Picture
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.objectives.display import Panel
from xvat_tf.training.trainer import Trainer


class ProbePictures:
    """Draws the probe images, perturbed as the run now perturbs them.

    The noise of masks and start directions is the same at every call, so
    that what changes from panel to panel has been learned.
    """

    def __init__(
        self, trainer: Trainer, data: PreparedData, settings: Settings
    ):
        self._trainer, self._settings = trainer, settings.method
        self._scaler = data.scaler
        self._drawable = views.has_pictures(data.image_shape)
        self._noise = StepNoise(settings.train.seed, 0)
        self._probes = views.choose_probes(
            data,
            uses_unlabeled=settings.uses_unlabeled,
            seed=settings.train.seed,
        )

    def __call__(self) -> list[Picture]:
        """The panels of this moment; none if the data has no pictures."""
        if not self._drawable:
            return []
        trainer, probes = self._trainer, self._probes
        text = "x: one labeled training image a class"
        panels = [Panel(tags.IMAGE, probes.images, "picture", text)]
        shown = trainer.objective.display(
            tf.convert_to_tensor(probes.images),
            probes.labels,
            probes.rows,
            trainer.inference_passes(),
            self._noise,
        )
        if shown is not None:
            panels += shown.panels(self._settings)
        return [draw_panel(panel, self._scaler) for panel in panels]


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


def confusion_panel(
    counts: np.ndarray, evaluated_on: str, class_names: Sequence[str] = ()
) -> Picture:
    """The confusion matrix of the `"test"` or `"validation"` images.

    Its description has the names of the classes, where there are any.
    """
    caption = f"{evaluated_on} images: rows true, columns predicted class"
    pixels = drawing.matrix(counts, caption)
    if class_names:
        caption += f"; in order: {unmarked(', '.join(class_names))}"
    return Picture(tags.CONFUSION_MATRIX, pixels, caption)
