"""metrics.jsonl and what results.json makes of it."""

import json
import os
import statistics

from xvat_tf.errors import UserError
from xvat_tf.files import as_json, write_json, write_text
from xvat_tf.records.run_folder import RunFolder
from xvat_tf.tags import ACCURACY, CROSS_ENTROPY

_MEDIAN_OF = 20


class MetricsLog:
    """The evaluations of a run, one JSON line each.

    Lines beyond the step a run continues from are dropped: those steps are
    taken again.

    Args:
        folder: The run folder.
        step: Steps done when the run starts or continues.

    Raises:
        UserError: metrics.jsonl is damaged.
    """

    def __init__(self, folder: RunFolder, step: int):
        self._folder = folder
        lines = read_metrics(folder)
        self.lines = [line for line in lines if line["step"] <= step]
        if folder.metrics_file.exists():
            write_text(folder.metrics_file, _as_text(self.lines))

    @property
    def seconds(self) -> float:
        """Wall seconds of training up to the last line."""
        return self.lines[-1]["seconds"] if self.lines else 0.0

    @property
    def best_step(self) -> int | None:
        """Step of the best evaluation so far; None before the first."""
        return best_step(self.lines)

    def append(self, line: dict) -> None:
        """Adds an evaluation.

        Args:
            line: `step`, `epoch`, `seconds`, `seconds_per_step`, and the
                means by tag under `train` and `test`.

        Raises:
            UserError: The disk is full or the folder cannot be written.
        """
        self.lines.append(line)
        try:
            with open(self._folder.metrics_file, "a") as file:
                file.write(_as_text([line]))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(
                f"{self._folder.metrics_file} cannot be written"
                f" ({error.strerror}): free some space and run the same"
                " command again; it continues from the last checkpoint."
            ) from None

    def write_results(self, status: str, evaluated_on: str, steps: int) -> dict:
        """Writes results.json.

        Args:
            status: `"finished"`, `"interrupted"` or `"diverged"`.
            evaluated_on: `"test"` or `"validation"`.
            steps: Steps done, of which the last evaluation may have seen
                fewer.

        Returns:
            What was written: that of `summarize`.
        """
        results = summarize(self.lines, status, evaluated_on, steps)
        write_json(self._folder.results_file, results)
        return results


def summarize(
    lines: list[dict], status: str, evaluated_on: str, steps: int
) -> dict:
    """What results.json says of a run's evaluations.

    Args:
        lines: The evaluations.
        status: How the run ended.
        evaluated_on: `"test"` or `"validation"`.
        steps: Steps done.

    Returns:
        Its content. `best_accuracy` is picked by the evaluated images
        themselves: report final or median.
    """
    accuracies = [line["test"][ACCURACY] for line in lines]
    last = lines[-1] if lines else None
    return {
        "status": status,
        "evaluated_on": evaluated_on,
        "final_accuracy": accuracies[-1] if last else None,
        "best_accuracy": max(accuracies, default=None),
        "median_of_last_20_accuracy": (
            statistics.median(accuracies[-_MEDIAN_OF:]) if last else None
        ),
        "final_nll": last["test"][CROSS_ENTROPY] if last else None,
        "steps": steps,
        "median_seconds_per_step": (
            statistics.median(line["seconds_per_step"] for line in lines)
            if last
            else None
        ),
        "wall_seconds": last["seconds"] if last else 0.0,
    }


def read_metrics(folder: RunFolder) -> list[dict]:
    """The evaluations of a run so far; the file is left as it is.

    Raises:
        UserError: metrics.jsonl is damaged.
    """
    path = folder.metrics_file
    if not path.exists():
        return []
    texts = path.read_text().splitlines(keepends=True)
    lines = []
    for number, text in enumerate(texts, start=1):
        try:
            line = json.loads(text)
            line["step"], line["seconds"], line["test"][ACCURACY]
        except (ValueError, KeyError, TypeError):
            if not text.endswith("\n"):
                # Cut off by a full disk or a kill, before the checkpoint of
                # its step.
                break
            raise UserError(
                f"line {number} of {path} is damaged: delete that line and"
                " run the same command again."
            ) from None
        lines.append(line)
    return lines


def best_step(lines: list[dict]) -> int | None:
    """Step of the evaluation of highest accuracy, the first of equal ones."""
    best = max(lines, key=lambda line: line["test"][ACCURACY], default=None)
    return None if best is None else best["step"]


def _as_text(lines):
    return "".join(as_json(line) + "\n" for line in lines)
