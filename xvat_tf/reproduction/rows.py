"""The numbers of a table's rows, from the runs that were collected."""

import collections
import dataclasses

from xvat_tf.files.tables import Spread, spread
from xvat_tf.records import settings_hash
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.collection import Collected
from xvat_tf.reproduction.runs import FINISHED, INTERRUPTED, KINDS


@dataclasses.dataclass(frozen=True)
class Row:
    """A cell and its finished runs, in percent; all None without any.

    `final` and `median` (of the last 20) are test accuracies,
    `validation_best` is the highest one on held-out training images. `status`
    counts runs by how they ended, if not all are finished; `unfinished` says
    where the interrupted ones are. `hashes` are of the settings of the runs
    that count, `dataset` what they were trained on.
    """

    cell: Cell
    finished: int
    final: Spread | None
    validation_best: Spread | None
    median: Spread | None
    unfinished: str
    status: str
    hashes: tuple[str, ...]
    dataset: str

    @property
    def difference(self) -> float | None:
        """Final accuracy minus the paper's, of runs on the same data set."""
        comparable = self.final and self.dataset == self.cell.dataset
        if not comparable or self.cell.published is None:
            return None
        return self.final.mean - self.cell.published


def make(cell: Cell, runs: list[Collected]) -> Row:
    """Computes the row of a cell; without runs it has no numbers."""
    done = [run for run in runs if run.kind == FINISHED]

    def over(name, on):
        return spread(run.percent(name, on) for run in done)

    number = collections.Counter(run.kind for run in runs)
    ended = ", ".join(f"{number[k]} {k}" for k in KINDS if number[k])
    datasets = {run.settings.data.dataset for run in done}
    return Row(
        cell,
        len(done),
        over("final_accuracy", "test"),
        over("best_accuracy", "validation"),
        over("median_of_last_20_accuracy", "test"),
        "; ".join(_place(r) for r in runs if r.kind == INTERRUPTED),
        "" if len(done) == len(runs) else ended,
        tuple(settings_hash(run.settings) for run in done),
        ", ".join(sorted(datasets)) or cell.dataset,
    )


def _place(run):
    accuracy = run.percent("final_accuracy", "test")
    shown = "–" if accuracy is None else f"{accuracy:.1f}"
    total = run.settings.train.num_steps
    at = f"interrupted at {run.results['steps']:,} of {total:,}"
    return f"{shown} ({at})"
