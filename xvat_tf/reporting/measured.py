"""What the newest checkpoints of runs do: on evaluated images, and to a few."""

import dataclasses
from collections.abc import Callable

import numpy as np

from xvat_tf import machine
from xvat_tf.analysis.figures.contrast import perturbed_rows
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group, Run
from xvat_tf.analysis.states import Networks
from xvat_tf.training import views
from xvat_tf.training.evaluation import metrics
from xvat_tf.training.weights import read_newest

_PROBES = 10


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """A run at its newest checkpoint.

    Logits of the evaluated images are float, `(n, classes)`, labels int32;
    classes are numbers where there are no names. Of the images that are shown,
    if any: their positions; they, float in [0, 1], `(k, height, width, 1 or
    3)`; rows of what the method makes of them, each a name and pictures.
    """

    logits: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    positions: tuple[int, ...] = ()
    images: np.ndarray | None = None
    rows: tuple[tuple[str, np.ndarray], ...] = ()

    @property
    def confusion(self) -> np.ndarray:
        """Images by true class (row) and predicted class (column), int."""
        return metrics.confusion_counts(self.logits, self.labels)

    @property
    def calibration_error(self) -> float:
        """In [0, 1]; see `metrics.calibration_error`."""
        return metrics.calibration_error(self.logits, self.labels)


def measure(
    groups: list[Group], missing: Missing, advance: Callable[[], None]
) -> dict[Run, Measured]:
    """Evaluates every run, and shows images as the first of each group does.

    `missing` gets what cannot be had: data that are gone have one line.
    `advance` is called after each run.
    """
    labels = {run: group.label for group in groups for run in group.runs}
    shown = {group.first for group in groups}
    found: dict[Run, Measured] = {}
    # Those on the same data one after another: they are read once.
    for run in sorted(labels, key=lambda run: repr(run.settings.data)):
        with (
            missing.unless_drawn("checkpoints and images"),
            machine.prepare(run.settings.train),
        ):
            networks = Networks(run)
            networks.load(read_newest(run.folder))
            data = networks.data
            found[run] = Measured(
                networks.logits(data.test_images),
                data.test_labels,
                data.classes,
                *_pictures(networks, labels[run], run in shown),
            )
        advance()
    return found


def _pictures(networks, label, are_shown):
    if not are_shown or not views.has_pictures(networks.data.image_shape):
        return ()
    probes = networks.probes(_PROBES)
    rows = perturbed_rows(networks, probes, label)
    return (
        tuple(probes.positions.tolist()),
        views.pictures(networks.data.scaler, probes.images),
        tuple((_named(name, label), tiles) for name, tiles in rows),
    )


def _named(name, label):
    """The name of a row that stands alone, in one line."""
    name = " ".join(name.split())
    return name if name.startswith(label) else f"{label}: {name}"
