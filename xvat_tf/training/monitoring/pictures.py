"""The image panels: probe images and what the method makes of them."""

import numpy as np

from xvat_tf import tags
from xvat_tf.data import PreparedData, Scaler
from xvat_tf.methods import At, Masks, Vat
from xvat_tf.settings import Settings
from xvat_tf.training import views
from xvat_tf.training.monitoring import drawing
from xvat_tf.training.monitoring.events import Picture
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.trainer import Trainer

# Full colour. A table starts in N(0, 1), a convolution of an image of values
# up to 0.5 near 0.3.
_LOG_ALPHA_LIMITS = {"inductive": 1.0, "transductive": 3.0}
_FILTER_LIMIT = 0.5
_MOST_FILTERS = 10


class ProbePictures:
    """Draws the probe images, perturbed as the run now perturbs them.

    The noise of masks and start directions is the same at every call, so
    that what changes from panel to panel has been learned.

    Args:
        trainer: Gives classifier and generator.
        data: Gives the probe images; without pictures nothing is drawn.
        settings: Settings of the run.
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
        drawn = [_image_panel(self._scaler, self._probes.images)]
        if self._settings.uses_mask:
            drawn += self._mask_panels()
        elif self._settings.perturbs:
            drawn += self._additive_panels()
        return drawn

    def _mask_panels(self):
        trainer, probes = self._trainer, self._probes
        generator = trainer.generator
        masks = views.masks(
            trainer.classifier,
            generator,
            self._settings,
            probes.images,
            probes.labels,
            probes.rows,
            self._noise,
            trainer.optimizer.iterations.value,
        )
        panels = mask_panels(masks, self._scaler, self._settings)
        if not self._settings.has_table:
            panels.append(_filter_panel(generator.trainable_variables[0]))
        return panels

    def _additive_panels(self):
        probes = self._probes
        found = views.additive_perturbation(
            self._trainer.classifier,
            self._settings,
            probes.images,
            probes.labels,
            self._noise,
            self._trainer.optimizer.iterations.value,
        )
        return additive_panels(found, self._scaler, self._settings)


def mask_panels(
    masks: views.Masks, scaler: Scaler, settings: Masks
) -> list[Picture]:
    """Panels of the paper's Fig. 5a.

    Args:
        masks: Masks of the probe images.
        scaler: The run's scaler.
        settings: Method settings, for the scale and the captions.

    Returns:
        Log alpha, mask sample, noise-free mask, masked images.
    """
    limit = settings.log_alpha_bound or (
        _LOG_ALPHA_LIMITS[settings.mask_model] + abs(settings.log_alpha_mean)
    )
    draw = "draw and its step" if settings.mask_step else "draw"
    separate = masks.log_alpha.shape[-1] > 1
    mean = ", mean of the colours" if separate else ""
    colours = drawing.diverging(masks.log_alpha.mean(axis=-1), limit)
    gray = "black 0 hides, white 1 keeps"
    return [
        _panel(
            tags.LOG_ALPHA,
            colours,
            f"log alpha: blue -{limit:g} hides, red {limit:g} keeps{mean}",
        ),
        _panel(tags.MASK_SAMPLE, masks.sample, f"mask z, one {draw}: {gray}"),
        _panel(
            tags.NOISE_FREE_MASK,
            masks.noise_free,
            f"mask z without noise: {gray}",
        ),
        _panel(
            tags.MASKED_IMAGE,
            views.pictures(scaler, masks.masked),
            f"x * eps z of that {draw}, eps = {settings.mask_gain:g}",
        ),
    ]


def additive_panels(
    found: views.AdditivePerturbation, scaler: Scaler, settings: At | Vat
) -> list[Picture]:
    """Panels of the paper's Fig. 5b.

    Args:
        found: Perturbation of the probe images.
        scaler: The run's scaler.
        settings: Method settings, for the captions.

    Returns:
        r, amplified around gray, and x + r.
    """
    changes = views.picture_changes(scaler, found.r)
    factor = amplification(changes)
    linf = getattr(settings, "norm", "l2") == "linf"
    norm = "largest entry" if linf else "L2 norm"
    return [
        _panel(
            tags.AMPLIFIED_R,
            0.5 + factor * changes,
            f"r times {factor:g}: gray is 0, black and white +-"
            f"{0.5 / factor:.3g}",
        ),
        _panel(
            tags.PERTURBED_IMAGE,
            views.pictures(scaler, found.perturbed),
            f"x + r, {norm} of r {settings.epsilon:g}",
        ),
    ]


def amplification(changes: np.ndarray) -> float:
    """The power of two at which 99 % of the changes stay within +-0.5.

    A power of two changes seldom, so that panels of different steps can be
    compared; the caption names it.
    """
    largest = np.percentile(np.abs(changes), 99)
    if not np.isfinite(largest) or largest == 0:
        return 1.0
    return float(2.0 ** np.floor(np.log2(0.5 / largest)))


def confusion_panel(counts: np.ndarray, evaluated_on: str) -> Picture:
    """The confusion matrix of the evaluated images.

    Args:
        counts: int, `(classes, classes)`, row true, column predicted class.
        evaluated_on: `"test"` or `"validation"`.

    Returns:
        The panel.
    """
    caption = f"{evaluated_on} images: rows true, columns predicted class"
    pixels = drawing.matrix(counts, caption)
    return Picture(tags.CONFUSION_MATRIX, pixels, caption)


def _image_panel(scaler, images):
    shown = views.pictures(scaler, images)
    return _panel(tags.IMAGE, shown, "x: one labeled training image a class")


def _filter_panel(kernel):
    """The first convolution of the generator: a tile per input and filter."""
    kernel = np.asarray(kernel)
    height, width = kernel.shape[:2]
    tiles = kernel.reshape(height, width, -1).transpose(2, 0, 1)
    limit = _FILTER_LIMIT
    return _panel(
        tags.GENERATOR_FILTER,
        drawing.diverging(tiles[:_MOST_FILTERS], limit),
        f"generator filter, first layer: blue -{limit:g}, red {limit:g}",
    )


def _panel(tag, tiles, caption):
    return Picture(tag, drawing.grid(tiles, caption), caption)
