"""Table 3: seconds per epoch beside the paper's, kept and rendered."""

import pathlib
import statistics

from xvat_tf.benchmarking import epochs
from xvat_tf.benchmarking.cases import timed_networks
from xvat_tf.errors import UserError
from xvat_tf.files import read_json, write_json
from xvat_tf.files.tables import as_csv, as_latex, as_markdown, unmarked
from xvat_tf.files.templates import read_template
from xvat_tf.reproduction.tables import write_files

KEPT = "table3.json"


def keep(benchmark_json: pathlib.Path, results: pathlib.Path) -> None:
    """Keeps of a benchmark what table 3 shows, of its steps the median.

    A UserError says that the file is missing, or no such file.
    """
    remedy = "make it with python -m xvat_tf.benchmark --json=FILE"
    record = _read(benchmark_json, remedy)
    for timed in record["steps"]:
        timed["samples"] = [statistics.median(timed["samples"])]
    write_json(results / KEPT, record, shared=True)


def write_times(results: pathlib.Path) -> list[pathlib.Path]:
    """Renders table 3 from what was kept; without it, the paper's numbers.

    A UserError says that it is damaged, or that nothing can be written.
    """
    rows, machine = epochs.with_published([]), "none, nothing was measured"
    if (results / KEPT).exists():
        remedy = "remove it, and give --benchmark_json=FILE again"
        record = _read(results / KEPT, remedy)
        rows = epochs.rows(record)
        machine = ", ".join(f"{k} {v}" for k, v in record["machine"].items())
    names = [name.replace("/ ", "to ") for name in epochs.HEADER]
    form = epochs.HEADER, rows, epochs.TEXT_COLUMNS
    template = read_template(
        __package__, "times.md.jinja", {"unmarked": unmarked}
    )
    texts = {
        "md": template.render(body=as_markdown(*form), machine=machine),
        "csv": as_csv([dict(zip(names, row, strict=True)) for row in rows]),
        "tex": as_latex(*form, comments=[machine]),
    }
    return write_files(results, "3", texts)


def _read(path, remedy):
    record = read_json(path, epochs.Measured, remedy)
    known = set(record["steps_per_epoch"]) & set(timed_networks())
    for unknown in sorted({x["network"] for x in record["steps"]} - known):
        raise UserError(
            f"{path} is damaged (network {unknown} is not known): {remedy}."
        )
    return record
