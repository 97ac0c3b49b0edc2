"""What the newest checkpoints of runs do: on evaluated images, and to a few."""

import dataclasses
from collections import Counter
from collections.abc import Callable

import numpy as np

from xvat_tf import machine
from xvat_tf.analysis.figures.contrast import perturbed_rows
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group, Run
from xvat_tf.analysis.states import Networks
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings
from xvat_tf.training import views
from xvat_tf.training.evaluation import metrics
from xvat_tf.training.weights import read_newest

_PROBES = 10


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """A run at its newest checkpoint.

    Attributes:
        logits: Of the evaluated images, float, `(n, classes)`.
        labels: int32, `(n,)`.
        classes: Names, or numbers where there are none.
        positions: Of the images that are shown; empty where none are.
        images: Those images, float in [0, 1], `(k, height, width, 1 or 3)`.
        rows: What the method makes of them: name and pictures.
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
    """Evaluates every run, and shows images as one run of each group does.

    `missing` gets what cannot be had: data that are gone have one line.
    `advance` is called after each run.
    """
    shown = {_shown(group, groups): group.label for group in groups}
    found: dict[Run, Measured] = {}
    lost: dict[DataSettings, UserError] = {}
    # Those on the same data one after another: they are read once.
    runs = [run for group in groups for run in group.runs]
    for run in sorted(runs, key=lambda run: repr(run.settings.data)):
        with missing.unless_drawn("checkpoints and images"):
            found[run] = _measure(run, shown.get(run), lost)
        advance()
    return found


def _shown(group, groups):
    """The run whose images most groups can show: that of the usual split."""
    usual = Counter(
        seed
        for other in groups
        for seed in {run.settings.data.dataset_seed for run in other.runs}
    )
    return max(
        group.runs, key=lambda run: usual[run.settings.data.dataset_seed]
    )


def _measure(run, label, lost):
    where = run.settings.data
    if where in lost:
        raise lost[where]
    with machine.prepare(run.settings.train):
        try:
            networks = Networks(run)
        except UserError as error:
            lost[where] = error
            raise
        networks.load(read_newest(run.folder))
        data = networks.data
        measured = Measured(
            networks.logits(data.test_images),
            data.test_labels,
            data.classes,
        )
        if label is None or not views.has_pictures(data.image_shape):
            return measured
        return dataclasses.replace(measured, **_pictures(networks, label))


def _pictures(networks, label):
    probes = networks.probes(_PROBES)
    return {
        "positions": tuple(probes.positions.tolist()),
        "images": views.pictures(networks.data.scaler, probes.images),
        "rows": tuple(
            (_named(name, label), tiles)
            for name, tiles in perturbed_rows(networks, probes, label)
        ),
    }


def _named(name, label):
    """The name of a row that stands alone, in one line."""
    name = " ".join(name.split())
    return name if name.startswith(label) else f"{label}: {name}"
