"""The robustness report as a table, within 80 columns."""

from xvat_tf.files.tables import as_text, counted, number

_HEADER = ("perturbation", "epsilon", "kept", "mean L2", "accuracy", "success")
_NORMS = {"l2": "L2", "linf": "L∞"}


def table(content: dict) -> str:
    """Renders what `measuring.measure` found."""
    rows = [("none", "–", "–", "–", f"{content['accuracy']:.2%}", "–")]
    rows += map(_cells, content["rows"])
    return "\n".join(
        [
            f"robustness on {content['num_images']}"
            f" {content['evaluated_on']} images",
            as_text([_HEADER, *rows], "l" + "r" * (len(_HEADER) - 1)),
            "",
            _explained(content),
            *(f"note: {note}" for note in content["notes"]),
        ]
    )


def _cells(row):
    norm = _NORMS.get(row["norm"])
    name = f"{row['perturbation']}, {norm}" if norm else row["perturbation"]
    return (
        name,
        number(row["epsilon"], "g"),
        number(row["kept"], ".3f"),
        number(row["l2"], ".3f"),
        number(row["accuracy"], ".2%"),
        number(row["success"], ".2%"),
    )


def _explained(content):
    bounds = content["bounds"]
    clipped = "not clipped (the inputs have no range)"
    if bounds:
        clipped = f"clipped to [{bounds[0]:g}, {bounds[1]:g}]"
    return (
        f"PGD: {counted(content['steps'], 'step')} from a random start.\n"
        f"What is added is {clipped}.\nsuccess: of the images that were right"
        " before, those that no longer are."
    )
