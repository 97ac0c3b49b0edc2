"""Measures of one run: accuracy, where its masks delete, dense weights."""

import dataclasses

from xvat_tf.analysis.claims import masked_examples
from xvat_tf.analysis.claims.mask_measures import (
    effect,
    has_strokes,
    salience,
    strokes,
)
from xvat_tf.analysis.claims.weight_density import density, mean
from xvat_tf.analysis.runs import Run
from xvat_tf.analysis.states import Networks
from xvat_tf.records import read_metrics
from xvat_tf.records.tags import ACCURACIES
from xvat_tf.training import views
from xvat_tf.training.weights import read_newest

_SEED = 0


def audit(run: Run, label: str, num_images: int) -> dict:
    """Measures a run, finished or not, at its newest checkpoint.

    Args:
        run: The run.
        label: `Group.label` of its group.
        num_images: At most so many images for the masks.

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
    examples = masked_examples.choose(networks, num_images)
    images, gain = examples.images, run.settings.method.mask_gain
    bright = strokes(scaler, images) if has_strokes(run.dataset) else None
    found = []
    for kind, mask in masked_examples.masks(networks, examples).items():
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
