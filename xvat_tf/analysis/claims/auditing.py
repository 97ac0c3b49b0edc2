"""Measures of one run: accuracy, where its masks delete, dense weights."""

from typing import NamedTuple

import numpy as np

from xvat_tf.analysis.claims import measures
from xvat_tf.analysis.masks import learned_masks
from xvat_tf.analysis.runs import Run
from xvat_tf.analysis.states import Networks, spread
from xvat_tf.data import load_source
from xvat_tf.datasets import find_dataset
from xvat_tf.records import read_metrics
from xvat_tf.records.tags import ACCURACIES
from xvat_tf.training import views
from xvat_tf.training.weights import read_newest

_SEED = 0
_BATCH = 500


def audit(run: Run, label: str, num_images: int) -> dict:
    """Measures a run at its newest checkpoint, at most `num_images` masks.

    Gives what `--json` has of it. The label is that of its group; `accuracy` is
    of the newest evaluation while training, in [0, 1], None before the first;
    `masks` has an entry for each kind, with `salience` None where strokes are
    not defined; `weights` the `density` of the layer that reads the images, the
    mean over all, and that of each, input first. A UserError says that it has
    no weights yet, or that its data cannot be had.
    """
    weights = read_newest(run.folder)
    networks = Networks(run)
    networks.load(weights)
    settings, (seed, dataset_seed) = run.settings, run.seeds
    lines, acting = read_metrics(run.folder), settings.method.acting()
    layers = {
        kernel.layer: measures.density(kernel.weights)
        for kernel in views.all_kernels(networks.classifier)
    }
    densities = list(layers.values())
    tag = ACCURACIES[settings.method.weights]
    return {
        "log_dir": str(run.folder.path),
        "label": label,
        "dataset": run.dataset,
        "method": run.method,
        "seed": seed,
        "dataset_seed": dataset_seed,
        "num_power_iterations": acting.get("num_power_iterations"),
        "step": weights.step,
        "finished": run.folder.finished_results() is not None,
        "evaluated_on": settings.data.evaluated_on,
        "accuracy": lines[-1]["test"][tag] if lines else None,
        "masks": _masks(networks, num_images),
        "weights": {
            "first_layer": densities[0],
            "all_layers": measures.mean(densities),
            "layers": layers,
        },
    }


def _masks(networks: Networks, num_images):
    run, scaler = networks.run, networks.data.scaler
    if not run.settings.method.uses_mask:
        return []
    examples = choose(networks, num_images)
    images, gain = examples.images, run.settings.method.mask_gain
    bright = None
    if find_dataset(run.dataset).zero_background:
        bright = measures.strokes(scaler, images)
    return [
        {
            "kind": kind,
            "origin": examples.origin,
            "num_images": len(images),
            "salience": None
            if bright is None
            else measures.salience(mask, bright),
            "effect": measures.effect(
                networks.logits, images, examples.labels, mask, gain, _SEED
            ),
        }
        for kind, mask in masks(networks, examples).items()
    ]


class Examples(NamedTuple):
    """Images, float, as the classifier reads them; int32 labels.

    The origin is `"test"`, `"validation"` or `"training"`; rows, int32, are
    those of the run's mask table, 0 without.
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
    settings, data = networks.run.settings, networks.data
    if settings.method.has_table:
        return _of_table(settings, data, count)
    chosen = spread(len(data.test_images), count)
    return Examples(
        settings.data.evaluated_on,
        data.test_images[chosen],
        data.test_labels[chosen],
        np.zeros(len(chosen), np.int32),
    )


def _of_table(settings, data, count):
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
