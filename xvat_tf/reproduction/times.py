"""Table 3: seconds per epoch, from what the benchmark wrote."""

import pathlib
import statistics

from xvat_tf.benchmarking import epochs
from xvat_tf.files import write_json
from xvat_tf.files.tables import as_csv, as_latex, as_markdown, unmarked
from xvat_tf.files.templates import read_template
from xvat_tf.reproduction.tables import write_files

KEPT = "table3.json"


def keep(benchmark_json: pathlib.Path, results: pathlib.Path) -> None:
    """Keeps of a benchmark what table 3 shows, of its steps the median.

    A UserError says that the file is missing, or no such file.
    """
    remedy = "make it with python -m xvat_tf.benchmark --table3 --json=FILE"
    record = epochs.read(benchmark_json, remedy)
    steps = [
        {
            "network": timed["network"],
            "name": timed["name"],
            "samples": [statistics.median(timed["samples"])],
            "ratio_to_vat": timed["ratio_to_vat"],
        }
        for timed in record["steps"]
    ]
    kept = {n: record[n] for n in ("machine", "steps_per_epoch")}
    write_json(results / KEPT, kept | {"steps": steps}, shared=True)


def write_times(results: pathlib.Path) -> list[pathlib.Path]:
    """Renders table 3 from what was kept; without it, the paper's numbers.

    A UserError says that it is damaged, or that nothing can be written.
    """
    steps, per_epoch, machine = [], {}, "none, nothing was measured"
    if (results / KEPT).exists():
        remedy = "remove it, and give --benchmark_json=FILE again"
        record = epochs.read(results / KEPT, remedy)
        steps, per_epoch = record["steps"], record["steps_per_epoch"]
        machine = ", ".join(f"{k} {v}" for k, v in record["machine"].items())
    rows = epochs.rows(steps, per_epoch)
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
