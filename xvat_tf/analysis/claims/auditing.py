"""Measures of one run: accuracy, where its masks delete, dense weights."""

import dataclasses

import numpy as np

from xvat_tf.analysis.claims.mask_measures import (
    effect,
    has_strokes,
    salience,
    strokes,
)
from xvat_tf.analysis.claims.weight_density import density, mean
from xvat_tf.analysis.masks import learned_masks
from xvat_tf.analysis.runs import Run
from xvat_tf.analysis.states import Networks, spread
from xvat_tf.data import load_source
from xvat_tf.records import read_metrics
from xvat_tf.records.tags import ACCURACIES
from xvat_tf.training import views
from xvat_tf.training.weights import read_newest

_SEED = 0
_BATCH = 500


def audit(run: Run, label: str, num_images: int) -> dict:
    """Measures a run, finished or not, at its newest checkpoint.

    The label is that of its group; at most `num_images` are masked.

    Returns:
        What `--json` has of it. `accuracy` is of the newest evaluation while
        training, in [0, 1], None before the first; `masks` has an entry for
        each kind, with `salience` None where strokes are not defined;
        `weights` the `Density` of the layer that reads the images, the mean
        over all, and that of each by its name, input first.

    Raises:
        UserError: It has no weights yet, or its data cannot be had.
    """
    weights = read_newest(run.folder)
    networks = Networks(run)
    networks.load(weights)
    settings, (seed, dataset_seed) = run.settings, run.seeds
    kernels = views.all_kernels(networks.classifier)
    layers = {kernel.layer: density(kernel.weights) for kernel in kernels}
    found = list(layers.values())
    return {
        "log_dir": str(run.folder.path),
        "label": label,
        "dataset": run.dataset,
        "method": run.method,
        "seed": seed,
        "dataset_seed": dataset_seed,
        "num_power_iterations": settings.method.acting().get(
            "num_power_iterations"
        ),
        "step": weights.step,
        "finished": run.folder.finished_results() is not None,
        "evaluated_on": settings.data.evaluated_on,
        "accuracy": _accuracy(run),
        "masks": _masks(networks, num_images),
        "weights": {
            "first_layer": dataclasses.asdict(found[0]),
            "all_layers": dataclasses.asdict(mean(found)),
            "layers": {n: dataclasses.asdict(d) for n, d in layers.items()},
        },
    }


def _accuracy(run):
    lines = read_metrics(run.folder)
    tag = ACCURACIES[run.settings.method.weights]
    return lines[-1]["test"][tag] if lines else None


def _masks(networks: Networks, num_images):
    """What masks of each kind do."""
    run, scaler = networks.run, networks.data.scaler
    if not run.settings.method.uses_mask:
        return []
    examples = choose(networks, num_images)
    images, gain = examples.images, run.settings.method.mask_gain
    bright = strokes(scaler, images) if has_strokes(run.dataset) else None
    found = []
    for kind, mask in masks(networks, examples).items():
        where = None if bright is None else salience(mask, bright)
        under = effect(
            networks.logits, images, examples.labels, mask, gain, _SEED
        )
        found.append(
            {
                "kind": kind,
                "origin": examples.origin,
                "num_images": len(images),
                "salience": where and dataclasses.asdict(where),
                "effect": dataclasses.asdict(under),
            }
        )
    return found


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Images with labels.

    Attributes:
        origin: `"test"`, `"validation"` or `"training"`.
        images: Float, `(n, *image_shape)`, as the classifier reads them.
        labels: int32, `(n,)`.
        rows: int32, `(n,)`, their rows in the run's mask table; 0 without.
    """

    origin: str
    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray


def choose(networks: Networks, count: int) -> Examples:
    """At most `count` images that a run has masks for, evenly spread over all.

    An inductive generator masks any image: evaluated ones are taken. A table
    has rows for training images only, of which those with a label in the
    data set are taken, whether training saw the label or not.
    """
    if networks.run.settings.method.has_table:
        return _of_table(networks, count)
    data = networks.data
    chosen = spread(len(data.test_images), count)
    return Examples(
        networks.run.settings.data.evaluated_on,
        data.test_images[chosen],
        data.test_labels[chosen],
        np.zeros(len(chosen), np.int32),
    )


def _of_table(networks, count):
    settings, data = networks.run.settings, networks.data
    images, labels = data.labeled_images, data.labeled_labels
    rows = np.arange(len(images), dtype=np.int32)
    if settings.uses_unlabeled:
        known = load_source(settings.data).train_labels
        positions = data.split.unlabeled
        # Extra images follow the training images and have no labels.
        rows = np.flatnonzero(positions < len(known)).astype(np.int32)
        if not len(rows):
            last = -1 - np.arange(len(images), dtype=np.int32)
            return Examples("training", images, labels, last)
        images, labels = data.unlabeled_images, known[positions[rows]]
    chosen = spread(len(rows), count)
    rows = rows[chosen]
    return Examples("training", images[rows], labels[chosen], rows)


def masks(networks: Networks, examples: Examples) -> dict[str, np.ndarray]:
    """Masks of the examples, by kind; see `learned_masks`."""
    return learned_masks(
        networks.classifier,
        networks.generator,
        networks.run.settings.method,
        (examples.images, examples.labels, examples.rows),
        _BATCH,
    )
