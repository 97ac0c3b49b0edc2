"""An evaluation as text, within 80 columns."""

from xvat_tf.files.tables import as_text, counted, number

_MOST_CLASSES = 20  # Of a confusion matrix that a screen shows.
_HEADER = ("perturbation", "epsilon", "kept", "mean L2", "accuracy", "success")
_NORMS = {"l2": "L2", "linf": "L∞"}


def table(result: dict) -> str:
    """Renders what `training.evaluate_run` found, and the robustness if any."""
    rows = {
        "run folder": result["log_dir"],
        "step": f"{result['step']}",
        "weights": result.get("weights"),
        "evaluated on": f"{result['num_examples']} {result['evaluated_on']}"
        " images",
        "accuracy": _percent(result),
        "negative log-likelihood": f"{result['nll']:.4f} nats",
        "calibration error": f"{100 * result['calibration_error']:.2f} %"
        " (15 bins)",
    }
    for weights in ("raw", "averaged"):
        if weights in result:
            rows[f"accuracy, {weights} weights"] = _percent(result[weights])
    if again := result.get("after_reestimation"):
        count = again["finetune_iter"]
        batches = f"{count} batch{'es' * (count != 1)}"
        of = f"({batches} of {again['finetune_batch_size']})"
        rows["accuracy, re-estimated BN"] = f"{_percent(again)} {of}"
    names = result.get("class_names", [])
    parts = [
        as_text([row for row in rows.items() if row[1]], "ll"),
        _confusion(result["confusion_matrix"], names),
    ]
    if "robustness" in result:
        parts += ["", robustness_table(result["robustness"])]
    return "\n".join(parts)


def _percent(evaluated):
    return f"{100 * evaluated['accuracy']:.2f} %"


def _confusion(matrix, names):
    """Rows: true class; columns: predicted class."""
    if len(matrix) > _MOST_CLASSES:
        return f"confusion matrix of {len(matrix)} classes: see --json"
    rows = [("", *map(str, range(len(matrix))))]
    for i, row in enumerate(matrix):
        name = names[i] if names and names[i] != str(i) else ""
        rows.append((f"true {i} {name}".strip(), *map(str, row)))
    aligned = "l" + "r" * len(matrix)
    return f"confusion matrix, columns predicted\n{as_text(rows, aligned)}"


def robustness_table(content: dict) -> str:
    """Renders what `robustness.measure` found."""
    rows = [("none", "–", "–", "–", f"{content['accuracy']:.2%}", "–")]
    rows += map(_cells, content["rows"])
    lines = [
        f"robustness on {content['num_images']}"
        f" {content['evaluated_on']} images",
        as_text([_HEADER, *rows], "l" + "r" * (len(_HEADER) - 1)),
        "",
        _explained(content),
        *(f"note: {note}" for note in content["notes"]),
    ]
    return "\n".join(lines)


def _cells(row):
    norm = _NORMS.get(row["norm"])
    return (
        f"{row['perturbation']}, {norm}" if norm else row["perturbation"],
        number(row["epsilon"], "g"),
        number(row["kept"], ".3f"),
        number(row["l2"], ".3f"),
        number(row["accuracy"], ".2%"),
        number(row["success"], ".2%"),
    )


def _explained(content):
    clipped = "not clipped (the inputs have no range)"
    if content["bounds"]:
        clipped = "clipped to [{:g}, {:g}]".format(*content["bounds"])
    return (
        f"PGD: {counted(content['steps'], 'step')} from a random start.\n"
        f"What is added is {clipped}.\nsuccess: of the images that were right"
        " before, those that no longer are."
    )
