"""metrics.jsonl and what results.json makes of it."""

import json
import statistics

from xvat_tf.errors import UserError
from xvat_tf.records.run_folder import RunFolder, write_json
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
        self.lines = [line for line in self._read() if line["step"] <= step]
        if folder.metrics_file.exists():
            self._write("w", self.lines)

    @property
    def seconds(self) -> float:
        """Wall seconds of training up to the last line."""
        return self.lines[-1]["seconds"] if self.lines else 0.0

    def append(self, line: dict) -> None:
        """Adds an evaluation.

        Args:
            line: `step`, `epoch`, `seconds`, `seconds_per_step`, and the
                means by tag under `train` and `test`.

        Raises:
            UserError: The disk is full or the folder cannot be written.
        """
        self.lines.append(line)
        self._write("a", [line])

    def write_results(self, status: str, evaluated_on: str) -> dict:
        """Writes results.json.

        Args:
            status: `"finished"`, `"interrupted"` or `"diverged"`.
            evaluated_on: `"test"` or `"validation"`.

        Returns:
            What was written. `best_accuracy` is picked by the evaluated
            images themselves: report final or median.
        """
        accuracies = [line["test"][ACCURACY] for line in self.lines]
        last = self.lines[-1] if self.lines else None
        results = {
            "status": status,
            "evaluated_on": evaluated_on,
            "final_accuracy": accuracies[-1] if last else None,
            "best_accuracy": max(accuracies, default=None),
            "median_of_last_20_accuracy": (
                statistics.median(accuracies[-_MEDIAN_OF:]) if last else None
            ),
            "final_nll": last["test"][CROSS_ENTROPY] if last else None,
            "steps": last["step"] if last else 0,
            "median_seconds_per_step": (
                statistics.median(l["seconds_per_step"] for l in self.lines)
                if last
                else None
            ),
            "wall_seconds": self.seconds,
        }
        write_json(self._folder.results_file, results)
        return results

    def _read(self):
        path = self._folder.metrics_file
        if not path.exists():
            return []
        lines = []
        for number, text in enumerate(path.read_text().splitlines(), start=1):
            try:
                line = json.loads(text)
                line["step"], line["seconds"], line["test"][ACCURACY]
            except (ValueError, KeyError, TypeError):
                raise UserError(
                    f"line {number} of {path} is damaged: delete that line and"
                    " run the same command again."
                ) from None
            lines.append(line)
        return lines

    def _write(self, mode, lines):
        try:
            with open(self._folder.metrics_file, mode) as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
        except OSError as error:
            raise UserError(
                f"{self._folder.metrics_file} cannot be written"
                f" ({error.strerror}): free some space and run the same"
                " command again; it continues from the last checkpoint."
            ) from None
