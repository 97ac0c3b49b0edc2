"""An audit as JSON: the numbers of the tables, and of every layer."""

import dataclasses

from xvat_tf.analysis.claims.auditing import Audit


def record(audits: list[Audit]) -> dict:
    """Everything measured.

    Returns:
        `runs`, an entry each: which run, its accuracy, `masks` (a list, one
        of each kind), `weights`.
    """
    return {"runs": [_entry(audit) for audit in audits]}


def _entry(audit):
    run = audit.run
    seed, dataset_seed = run.seeds
    return {
        "log_dir": str(run.folder.path),
        "label": audit.label,
        "dataset": run.dataset,
        "method": run.method,
        "seed": seed,
        "dataset_seed": dataset_seed,
        "num_power_iterations": audit.num_power_iterations,
        "step": audit.step,
        "finished": audit.is_finished,
        "evaluated_on": run.settings.data.evaluated_on,
        "accuracy": audit.accuracy,
        "masks": [dataclasses.asdict(one) for one in audit.masks],
        "weights": _weights(audit),
    }


def _weights(audit):
    return {
        "first_layer": dataclasses.asdict(audit.first_layer),
        "all_layers": dataclasses.asdict(audit.all_layers),
        "layers": {
            name: dataclasses.asdict(layer)
            for name, layer in audit.layers.items()
        },
    }
