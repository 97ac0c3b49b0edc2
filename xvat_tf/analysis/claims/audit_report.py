"""An audit as Markdown tables."""

import dataclasses

from xvat_tf.analysis.claims.auditing import Audit
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
_MASK = ("run", "mask", "images")
# Columns of numbers, each with its form.
_SALIENCE = {
    "deleted": ".2%",
    "on strokes": ".2%",
    "chance": ".2%",
    "ratio": ".3f",
    "strokes deleted": ".2%",
    "ground deleted": ".2%",
    "mean z on strokes": ".3f",
    "mean z on ground": ".3f",
}
_EFFECT = {"clean": ".2%", "masked": ".2%", "shuffled mask": ".2%"}
_WEIGHTS = {
    "weights": ",d",
    "rms": ".4f",
    "below 0.01": ".2%",
    "below max/100": ".2%",
    "below rms/10": ".2%",
    "Hoyer": ".3f",
    "kurtosis": ".2f",
}


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
            (*_MASK, *_SALIENCE),
            [
                (*_mask_cells(audit, one), *_numbers(one.salience, _SALIENCE))
                for audit, one in masks
            ],
        ),
        (
            "Accuracy under masks, and under the same masks shuffled",
            (*_MASK, *_EFFECT),
            [
                (*_mask_cells(audit, one), *_numbers(one.effect, _EFFECT))
                for audit, one in masks
            ],
        ),
        (
            "Weights near zero",
            ("run", "layer", *_WEIGHTS),
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


def _mask_cells(audit, one):
    kind = one.kind.replace("_", "-")
    return str(audit.run.folder.path), kind, f"{one.num_images} {one.origin}"


def _weight_rows(audit):
    path, first = str(audit.run.folder.path), next(iter(audit.layers))
    return [
        (path, first, *_numbers(audit.first_layer, _WEIGHTS)),
        (path, "all, mean", *_numbers(audit.all_layers, _WEIGHTS)),
    ]


def _numbers(measured, forms):
    """The numbers of a record; dashes where there is none."""
    values = dataclasses.astuple(measured) if measured else [None] * len(forms)
    return map(number, values, forms.values())
