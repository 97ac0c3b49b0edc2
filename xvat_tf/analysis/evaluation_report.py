"""An evaluation as text."""


def table(result: dict) -> str:
    """The report for reading.

    Args:
        result: Of `training.evaluate_run`.
    """
    lines = [
        f"{'run folder':<28} {result['log_dir']}",
        f"{'step':<28} {result['step']}",
        f"{'evaluated on':<28} {result['num_examples']}"
        f" {result['evaluated_on']} images",
        f"{'accuracy':<28} {100 * result['accuracy']:.2f} %",
        f"{'negative log-likelihood':<28} {result['nll']:.4f} nats",
        f"{'calibration error':<28} {100 * result['calibration_error']:.2f} %"
        " (15 bins)",
    ]
    again = result.get("after_reestimation")
    if again:
        lines.append(
            f"{'accuracy, re-estimated BN':<28} {100 * again['accuracy']:.2f} %"
            f" ({again['finetune_iter']} batches of"
            f" {again['finetune_batch_size']})"
        )
    return "\n".join([*lines, _confusion(result["confusion_matrix"])])


def _confusion(matrix):
    """Rows: true class; columns: predicted class."""
    width = max(len(str(max(map(max, matrix)))), 3) + 1
    head = " " * 12 + "".join(f"{i:>{width}}" for i in range(len(matrix)))
    rows = [
        f"true {i:>6} " + "".join(f"{n:>{width}}" for n in row)
        for i, row in enumerate(matrix)
    ]
    if len(matrix) > 20:
        return f"confusion matrix of {len(matrix)} classes: see --json"
    return "\n".join(["confusion matrix, columns predicted", head, *rows])
