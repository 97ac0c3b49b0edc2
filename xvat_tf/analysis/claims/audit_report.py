"""An audit as Markdown tables."""

import dataclasses

from xvat_tf.analysis.claims.auditing import Audit
from xvat_tf.analysis.claims.weight_density import Density
from xvat_tf.analysis.figures.curves import final
from xvat_tf.analysis.runs import Group
from xvat_tf.files.tables import as_markdown, number
from xvat_tf.records import read_metrics

_ACCURACY = (
    "run",
    "method",
    "seed",
    "split seed",
    "power iterations",
    "steps",
    "finished",
    "images",
    "accuracy",
)
_SEEDS = ("method", "runs", "mean accuracy", "± over seeds")
_SALIENCE = (
    "run",
    "mask",
    "images",
    "deleted",
    "on strokes",
    "chance",
    "ratio",
    "strokes deleted",
    "ground deleted",
    "mean z on strokes",
    "mean z on ground",
)
_EFFECT = ("run", "mask", "images", "clean", "masked", "shuffled mask")
_WEIGHTS = (
    "run",
    "layer",
    "weights",
    "rms",
    "below 0.01",
    "below max/100",
    "below rms/10",
    "Hoyer",
    "kurtosis",
)


def tables(groups: list[Group], audits: list[Audit]) -> str:
    """All tables, each under its title; those without rows are left out."""
    masks = [(audit, one) for audit in audits for one in audit.masks]
    parts = (
        (
            "Accuracy at the last evaluation",
            _ACCURACY,
            [_accuracy_row(audit) for audit in audits],
        ),
        ("Accuracy over seeds", _SEEDS, _seed_rows(groups)),
        (
            "Where masks delete (z = 0), bright strokes of digits",
            _SALIENCE,
            [_salience_row(audit, one) for audit, one in masks],
        ),
        (
            "Accuracy under masks, and under the same masks shuffled",
            _EFFECT,
            [_effect_row(audit, one) for audit, one in masks],
        ),
        (
            "Weights near zero",
            _WEIGHTS,
            [row for audit in audits for row in _weight_rows(audit)],
        ),
    )
    return "\n\n".join(
        f"## {title}\n\n{as_markdown(header, rows)}"
        for title, header, rows in parts
        if rows
    )


def _accuracy_row(audit):
    run = audit.run
    return (
        str(run.folder.path),
        audit.label,
        *map(str, run.seeds),
        number(audit.num_power_iterations, "d"),
        f"{audit.step:,}",
        "yes" if audit.is_finished else "no",
        run.settings.data.evaluated_on,
        number(audit.accuracy, ".2%"),
    )


def _seed_rows(groups):
    """Of groups of several runs, those that were evaluated."""
    rows = []
    for group in groups:
        lines = [read_metrics(run.folder) for run in group.runs]
        evaluated = [one for one in lines if one]
        if len(evaluated) > 1:
            mean, deviation = final(evaluated)
            cells = (f"{mean:.2f}%", f"{deviation:.2f}")
            rows.append((group.label, str(len(evaluated)), *cells))
    return rows


def _salience_row(audit, one):
    shown = dataclasses.astuple(one.salience) if one.salience else [None] * 8
    forms = (".2%", ".2%", ".2%", ".3f", ".2%", ".2%", ".3f", ".3f")
    return (*_mask_cells(audit, one), *map(number, shown, forms))


def _effect_row(audit, one):
    shown = dataclasses.astuple(one.effect)
    return (*_mask_cells(audit, one), *(number(v, ".2%") for v in shown))


def _mask_cells(audit, one):
    kind = one.kind.replace("_", "-")
    return str(audit.run.folder.path), kind, f"{one.num_images} {one.origin}"


def _weight_rows(audit):
    path, first = str(audit.run.folder.path), next(iter(audit.layers))
    return [
        (path, first, *_density_cells(audit.first_layer)),
        (path, "all, mean", *_density_cells(audit.all_layers)),
    ]


def _density_cells(density: Density):
    forms = (",d", ".4f", ".2%", ".2%", ".2%", ".3f", ".2f")
    return map(number, dataclasses.astuple(density), forms)
