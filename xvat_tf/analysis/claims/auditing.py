"""Measures of one run: accuracy, where its masks delete, dense weights."""

import dataclasses

from xvat_tf.analysis.claims import masked_examples, weight_density
from xvat_tf.analysis.claims.mask_measures import (
    Effect,
    Salience,
    effect,
    has_strokes,
    salience,
    strokes,
)
from xvat_tf.analysis.claims.weight_density import Density
from xvat_tf.analysis.runs import Run
from xvat_tf.analysis.states import Networks
from xvat_tf.records import read_metrics
from xvat_tf.records.tags import ACCURACIES
from xvat_tf.training import views
from xvat_tf.training.weights import read_newest

_SEED = 0


@dataclasses.dataclass(frozen=True)
class MaskAudit:
    """What masks of one kind do.

    Attributes:
        kind: `"sampled"` or `"noise_free"`.
        origin: `"test"`, `"validation"` or `"training"` images.
        num_images: Their number.
        salience: Where they delete; None where strokes are not defined.
        effect: What that does to accuracy.
    """

    kind: str
    origin: str
    num_images: int
    salience: Salience | None
    effect: Effect


@dataclasses.dataclass(frozen=True)
class Audit:
    """The measures of one run.

    Attributes:
        run: The run.
        label: Its method, and what tells it from others of its method.
        step: Step of its newest checkpoint.
        accuracy: Of the newest evaluation while training, on all evaluated
            images, in [0, 1]; None before the first.
        masks: One of each kind; empty for methods without masks.
        layers: Density of each layer with a kernel, by name, input first.
    """

    run: Run
    label: str
    step: int
    accuracy: float | None
    masks: list[MaskAudit]
    layers: dict[str, Density]

    @property
    def is_finished(self) -> bool:
        """Whether the run was trained to its end."""
        return self.run.folder.finished_results() is not None

    @property
    def num_power_iterations(self) -> int | None:
        """Power iterations of a step; None for methods without."""
        return self.run.settings.method.acting().get("num_power_iterations")

    @property
    def first_layer(self) -> Density:
        """Density of the layer that reads the images."""
        return next(iter(self.layers.values()))

    @property
    def all_layers(self) -> Density:
        """Means over all layers, weighted by their numbers of weights."""
        return weight_density.mean(list(self.layers.values()))

    def record(self) -> dict:
        """The numbers of the tables, and of every layer, for JSON."""
        run = self.run
        seed, dataset_seed = run.seeds
        return {
            "log_dir": str(run.folder.path),
            "label": self.label,
            "dataset": run.dataset,
            "method": run.method,
            "seed": seed,
            "dataset_seed": dataset_seed,
            "num_power_iterations": self.num_power_iterations,
            "step": self.step,
            "finished": self.is_finished,
            "evaluated_on": run.settings.data.evaluated_on,
            "accuracy": self.accuracy,
            "masks": list(map(dataclasses.asdict, self.masks)),
            "weights": {
                "first_layer": dataclasses.asdict(self.first_layer),
                "all_layers": dataclasses.asdict(self.all_layers),
                "layers": {
                    name: dataclasses.asdict(layer)
                    for name, layer in self.layers.items()
                },
            },
        }


def audit(run: Run, label: str, num_images: int) -> Audit:
    """Measures a run, finished or not, at its newest checkpoint.

    Args:
        run: The run.
        label: `Group.label` of its group.
        num_images: At most so many images for the masks.

    Raises:
        UserError: It has no weights yet, or its data cannot be had.
    """
    weights = read_newest(run.folder)
    networks = Networks(run)
    networks.load(weights)
    uses_mask = run.settings.method.uses_mask
    return Audit(
        run=run,
        label=label,
        step=weights.step,
        accuracy=_accuracy(run),
        masks=_masks(networks, num_images) if uses_mask else [],
        layers={
            kernel.layer: weight_density.density(kernel.weights)
            for kernel in views.all_kernels(networks.classifier)
        },
    )


def _accuracy(run):
    lines = read_metrics(run.folder)
    tag = ACCURACIES[run.settings.method.weights]
    return lines[-1]["test"][tag] if lines else None


def _masks(networks: Networks, num_images):
    run, scaler = networks.run, networks.data.scaler
    examples = masked_examples.choose(networks, num_images)
    images, found = examples.images, []
    bright = strokes(scaler, images) if has_strokes(run.dataset) else None
    for kind, mask in masked_examples.masks(networks, examples).items():
        under = effect(
            networks.logits,
            images,
            examples.labels,
            mask,
            run.settings.method.mask_gain,
            _SEED,
        )
        where = None if bright is None else salience(mask, bright)
        found.append(
            MaskAudit(kind, examples.origin, len(images), where, under)
        )
    return found
