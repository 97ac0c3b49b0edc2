"""Measures the paper's claims on runs: `python -m xvat_tf.audit --runs=...`."""

import functools
import sys

from xvat_tf import command_line, machine
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import group, read_all
from xvat_tf.command_line.options import DATA_PLACES, JSON, RUNS
from xvat_tf.command_line.output import Output
from xvat_tf.errors import UserError
from xvat_tf.option import Option

_USAGE = """\
usage: python -m xvat_tf.audit --runs=FOLDER,'PATTERN',... [flags]

Measures what the paper claims, on run folders of one data set, finished or not:
whether masks find the strokes of digits, whether it matters where they delete,
how dense the weights are, and the accuracy of each run. Prints tables in
Markdown; a run that cannot be measured is named on stderr."""

_OPTIONS = {
    "runs": RUNS,
    "num_images": Option(int, 2000, "Images of each run to mask.", above=0),
    "json": JSON,
    **DATA_PLACES,
}


def main(argv: list[str]) -> int:
    """Runs the command; see `command_line.run`."""
    options = command_line.parse_own(argv, _USAGE, {"audit": _OPTIONS})
    with Output(options["json"] or None, "json") as numbers:
        missing = Missing()
        runs = read_all(options["runs"], options, missing)
        audits = _audit(group(runs), options["num_images"], missing)
        for line in missing.lines:
            print(f"missing: {line}", file=sys.stderr)
        if not audits:
            raise UserError("nothing was measured; the lines above say why.")
        from xvat_tf.analysis.claims import audit_report

        print(audit_report.tables(audits))
        numbers.write_json({"runs": audits})
    return 0


def _audit(groups, num_images, missing):
    audits = []
    for label, run in ((x.label, run) for x in groups for run in x.runs):
        with (
            missing.unless_drawn(f"run {run.folder.path}"),
            machine.prepare(run.settings.train),
        ):
            from xvat_tf.analysis.claims.auditing import audit

            audits.append(audit(run, label, num_images))
    return audits


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
