"""An evaluation as text."""

from xvat_tf.files.tables import as_text

_MOST_CLASSES = 20  # Of a confusion matrix that a screen shows.


def table(result: dict) -> str:
    """Renders what `training.evaluate_run` found."""
    rows = [
        ("run folder", result["log_dir"]),
        ("step", f"{result['step']}"),
        *[("weights", result.get("weights"))] * ("weights" in result),
        (
            "evaluated on",
            f"{result['num_examples']} {result['evaluated_on']} images",
        ),
        ("accuracy", f"{100 * result['accuracy']:.2f} %"),
        ("negative log-likelihood", f"{result['nll']:.4f} nats"),
        (
            "calibration error",
            f"{100 * result['calibration_error']:.2f} % (15 bins)",
        ),
    ]
    for weights in ("raw", "averaged"):
        if other := result.get(weights):
            accuracy = f"{100 * other['accuracy']:.2f} %"
            rows.append((f"accuracy, {weights} weights", accuracy))
    again = result.get("after_reestimation")
    if again:
        accuracy = f"{100 * again['accuracy']:.2f} %"
        count = again["finetune_iter"]
        batches = f"{count} batch{'es' * (count != 1)}"
        of = f"({batches} of {again['finetune_batch_size']})"
        rows.append(("accuracy, re-estimated BN", f"{accuracy} {of}"))
    names = result.get("class_names", [])
    confusion = _confusion(result["confusion_matrix"], names)
    return f"{as_text(rows, 'll')}\n{confusion}"


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
