"""An audit as Markdown tables."""

from xvat_tf.files.tables import as_markdown, number

# Columns of text; columns of numbers by their form.
_ACCURACY = (
    *("run", "method", "seed", "split seed", "power iterations", "steps"),
    *("finished", "images", "accuracy"),
)
_MASK = ("run", "mask", "images")
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


def tables(audits: list[dict]) -> str:
    """Tables of audits under their titles; those without rows are left out."""
    parts = {
        "Accuracy at the last evaluation": (
            _ACCURACY,
            list(map(_accuracy_row, audits)),
        ),
        "Where masks delete (z = 0), bright strokes of digits": (
            (*_MASK, *_SALIENCE),
            _mask_rows(audits, "salience", _SALIENCE),
        ),
        "Accuracy under masks, and under the same masks shuffled": (
            (*_MASK, *_EFFECT),
            _mask_rows(audits, "effect", _EFFECT),
        ),
        "Weights near zero": (("run", "layer", *_WEIGHTS), _weights(audits)),
    }
    return "\n\n".join(
        f"## {title}\n\n{as_markdown(*part)}"
        for title, part in parts.items()
        if part[1]
    )


def _accuracy_row(audit):
    return (
        audit["log_dir"],
        audit["label"],
        str(audit["seed"]),
        str(audit["dataset_seed"]),
        number(audit["num_power_iterations"], "d"),
        f"{audit['step']:,}",
        "yes" if audit["finished"] else "no",
        audit["evaluated_on"],
        number(audit["accuracy"], ".2%"),
    )


def _mask_rows(audits, measure, forms):
    return [
        (
            audit["log_dir"],
            one["kind"].replace("_", "-"),
            f"{one['num_images']} {one['origin']}",
            *_numbers(one[measure], forms),
        )
        for audit in audits
        for one in audit["masks"]
        if one[measure]
    ]


def _weights(audits):
    return [
        (audit["log_dir"], layer, *_numbers(audit["weights"][part], _WEIGHTS))
        for audit in audits
        for layer, part in (
            (next(iter(audit["weights"]["layers"])), "first_layer"),
            ("all, mean", "all_layers"),
        )
    ]


def _numbers(measured, forms):
    return map(number, measured.values(), forms.values())
