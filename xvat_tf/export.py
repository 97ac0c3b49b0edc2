"""Exports a run: `python -m xvat_tf.export --log_dir=RUN --out=FOLDER`."""

import functools
import pathlib

from xvat_tf import command_line, machine
from xvat_tf.command_line.options import RUN
from xvat_tf.command_line.output import require_not_owned
from xvat_tf.command_line.runs import settings_here
from xvat_tf.option import Option
from xvat_tf.records import RunFolder

_USAGE = """\
usage: python -m xvat_tf.export --log_dir=RUN --out=FOLDER [flags]

Writes the classifier of a run, and its mask generator if that is inductive, as
.keras files and as SavedModels that do not need xvat_tf, with a model card
(README.md)."""

_OPTIONS = {
    **RUN,
    "out": Option(
        str,
        "",
        "Folder to write to, new or empty.",
        path=True,
        needed="a folder",
    ),
}


def main(argv: list[str]) -> int:
    """Runs the command; see `command_line.run`."""
    options = command_line.parse_own(argv, _USAGE, {"export": _OPTIONS})
    require_not_owned("out", options["out"])
    folder = RunFolder(options["log_dir"])
    settings = settings_here(folder, options)
    with machine.prepare(settings.train):
        written = _export(settings, folder, options)
    print("\n".join(f"{options['out']}/{name}" for name in written))
    return 0


def _export(settings, folder, options):
    from xvat_tf import exporting, training  # TensorFlow: only now.

    out, checkpoint = pathlib.Path(options["out"]), options["checkpoint"]
    exporting.require_free(out)
    restored = training.restore(
        settings, folder, checkpoint, options["weights"]
    )
    return exporting.export(restored, out, checkpoint)


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
