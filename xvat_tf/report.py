"""Compares runs on one page: `python -m xvat_tf.report --runs='runs/*'`."""

import contextlib
import functools
import sys

from xvat_tf import command_line, machine
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import read_all
from xvat_tf.command_line.options import DATA_PLACES, RUNS
from xvat_tf.command_line.output import STDOUT, Output
from xvat_tf.console.progress_bar import progress_bar
from xvat_tf.errors import UserError
from xvat_tf.files.tables import counted
from xvat_tf.option import Option

_USAGE = """\
usage: python -m xvat_tf.report --runs=FOLDER,'PATTERN',... [--out=report.html]

Compares runs on one HTML page that needs no other file and no network: results,
settings that differ, curves, accuracy per class, confusion matrices, masks and
perturbations of the same images, calibration. Runs that differ in their seeds
only are one row. Networks are built from the newest checkpoints; where a data
set is gone, the page says so and shows the rest."""

_OPTIONS = {
    "runs": RUNS,
    "out": Option(
        str, "report.html", "File to write; - prints the page.", path=True
    ),
    "title": Option(str, "Comparison of runs", "Heading of the page."),
    **DATA_PLACES,
}


def main(argv: list[str]) -> int:
    """Runs the command; see `command_line.run`."""
    options = command_line.parse_own(argv, _USAGE, {"report": _OPTIONS})
    missing = Missing()
    with Output(options["out"]) as out:
        # Only the page goes to stdout.
        with contextlib.redirect_stdout(sys.stderr):
            chapters = _read(options, missing)
        sections = [section for one in chapters for section in one.sections]
        parts = [missing, *(section.missing for section in sections)]
        for line in dict.fromkeys(x for one in parts for x in one.lines):
            print(f"missing: {line}", file=sys.stderr)
        if not chapters:
            raise UserError("no run is left to report; see above.")
        from xvat_tf.reporting import render

        out.write(render(chapters, options["title"], missing.lines))
    if options["out"] != STDOUT:
        count = sum(chapter.count for chapter in chapters)
        print(f"{options['out']}: {counted(count, 'run')}")
    return 0


def _read(options, missing):
    runs = read_all(options["runs"], options, missing, what="")
    if not runs:
        return []
    machine.import_tensorflow()  # Only now, and quietly.
    from xvat_tf import reporting

    bar = progress_bar(len(runs), "run", lines=sys.stderr)
    with contextlib.closing(bar):
        return reporting.write_chapters(runs, missing, bar.advance)


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
