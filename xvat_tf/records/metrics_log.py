"""metrics.jsonl and what results.json makes of it."""

import os
import statistics
from collections.abc import Mapping, Sequence

from xvat_tf.errors import UserError, note, reason, writing_remedy
from xvat_tf.files import appended, as_json, parse_json, read_text, write_text
from xvat_tf.records import tags
from xvat_tf.records.forms import Evaluation, Progress
from xvat_tf.records.run_folder import RunFolder

_MEDIAN_OF = 20
_RESTORE = (
    "run the training command again, it restores the file from the checkpoint"
)


class MetricsLog:
    """The evaluations of a run, one JSON line each.

    A continued run has those of its checkpoint. Lines beyond that are dropped,
    whose steps are taken again; a file that lacks some is restored.
    """

    def __init__(
        self, folder: RunFolder, progress: Progress, weights: str = "raw"
    ):
        self._folder, self._weights = folder, weights
        try:
            found = read_metrics(folder)
        except UserError:  # A damaged file has no lines to keep.
            found = []
        self.lines = list(progress.evaluations)
        if found[: len(self.lines)] != self.lines:
            note(
                f"{folder.metrics_file} is not as this run left it; its"
                " evaluations are restored from the checkpoint."
            )
        if found != self.lines or folder.metrics_file.exists():
            write_text(folder.metrics_file, _as_text(self.lines))

    @property
    def best_step(self) -> int | None:
        """Step of the best evaluation so far; None before the first."""
        return best_step(self.lines, self._weights)

    def append(self, line: Evaluation) -> None:
        """Adds an evaluation."""
        self.lines.append(line)
        self._folder.require_ours()
        try:
            with appended(self._folder.metrics_file) as file:
                file.write(_as_text([line]).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(
                f"{self._folder.metrics_file} cannot be written"
                f" ({error.strerror}): {writing_remedy(error)} and run the"
                " same command again; it continues from the last checkpoint."
            ) from None

    def write_results(self, status: str, evaluated_on: str, steps: int) -> dict:
        """Writes and returns results.json; arguments as in `summarize`."""
        self._folder.require_ours()
        return self._folder.write_results(
            summarize(self.lines, status, evaluated_on, steps)
        )


def evaluated_with(results: Mapping, weights: str) -> Mapping:
    """Accuracies in results with `Method.weights`; those there are without."""
    return results if weights == "raw" else results.get(weights, results)


def summarize(
    lines: Sequence[Evaluation], status: str, evaluated_on: str, steps: int
) -> dict:
    """What results.json says of a run's evaluations.

    The last one may have seen fewer than all `steps`. `best_accuracy` is
    picked by the evaluated images themselves: report final or median.
    """
    last = lines[-1] if lines else None
    averaged = {}
    if last and all(tags.AVERAGED_ACCURACY in line["test"] for line in lines):
        averaged = {"averaged": _accuracies(lines, tags.AVERAGED_ACCURACY)}
    return {
        "status": status,
        "evaluated_on": evaluated_on,
        **_accuracies(lines, tags.ACCURACY),
        **averaged,
        "final_nll": last["test"][tags.CROSS_ENTROPY] if last else None,
        "steps": steps,
        "median_seconds_per_step": (
            statistics.median(line["seconds_per_step"] for line in lines)
            if last
            else None
        ),
        "wall_seconds": last["seconds"] if last else 0.0,
    }


def _accuracies(lines, tag):
    found = [line["test"][tag] for line in lines]
    last = found[-_MEDIAN_OF:]
    return {
        "final_accuracy": found[-1] if found else None,
        "best_accuracy": max(found, default=None),
        "median_of_last_20_accuracy": statistics.median(last) if last else None,
    }


def read_metrics(folder: RunFolder) -> list[Evaluation]:
    """Reads the evaluations of a run so far; the file is left as it is."""
    path = folder.metrics_file
    try:
        texts = read_text(path).splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({reason(error)}): {_RESTORE}."
        ) from None
    if texts and not texts[-1].endswith("\n"):
        # Cut off by a full disk or a kill, before the checkpoint of its step.
        texts.pop()
    return [
        parse_json(text, Evaluation, f"line {number} of {path}", _RESTORE)
        for number, text in enumerate(texts, start=1)
    ]


def best_step(lines: Sequence[Evaluation], weights: str) -> int | None:
    """Finds the step of highest accuracy, the first of equal ones.

    Of the weights that the method is evaluated with, `Method.weights`.
    """
    tag = tags.ACCURACIES[weights]
    best = max(lines, key=lambda line: line["test"][tag], default=None)
    return None if best is None else best["step"]


def _as_text(lines):
    return "".join(as_json(line) + "\n" for line in lines)
