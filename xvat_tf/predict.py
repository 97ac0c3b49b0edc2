"""Predicts images: `python -m xvat_tf.predict --log_dir=RUN --images=...`."""

import contextlib
import functools
import sys
from collections import Counter

from xvat_tf import command_line, machine
from xvat_tf.command_line.options import RUN
from xvat_tf.command_line.output import STDOUT, Output
from xvat_tf.command_line.runs import settings_here
from xvat_tf.console.progress_bar import progress_bar
from xvat_tf.files.tables import as_csv, counted
from xvat_tf.option import Option
from xvat_tf.records import RunFolder

_USAGE = """\
usage: python -m xvat_tf.predict --log_dir=RUN --images=FOLDER,FILE,'PATTERN'
       python -m xvat_tf.predict --log_dir=RUN --images=FILE.npz [--array=NAME]

Predicts the classes of images with the classifier of a run, and writes a line
for each: its path, or its index in an array; its class, by name where the data
set has names; and the probability of that class. Images go the way of the run's
own (size, range, whitening), whose data set has to be there."""

_OPTIONS = {
    **RUN,
    "images": Option(
        list,
        None,
        "Image files, folders that are searched at any depth, or quoted"
        " patterns, comma-separated (several with a comma in their names each"
        " in double quotes); or one .npy or .npz file.",
        path=True,
        needed="files or a folder",
    ),
    "array": Option(
        str,
        "",
        "Array of the .npz file, such as x_test.",
        shown="the only one",
    ),
    "out": Option(
        str,
        "predictions.csv",
        "File of comma-separated values to write; - prints them.",
        path=True,
    ),
    "probabilities": Option(
        bool, False, "Add a column for the probability of each class."
    ),
}
_CHUNK = 1000  # Images in memory at a time.


def main(argv: list[str]) -> int:
    """Runs the command; see `command_line.run`."""
    options = command_line.parse_own(argv, _USAGE, {"prediction": _OPTIONS})
    folder = RunFolder(options["log_dir"])
    settings = settings_here(folder, options)
    with Output(options["out"]) as out:
        # Only predictions go to stdout.
        notes = contextlib.redirect_stdout(sys.stderr)
        with notes, machine.prepare(settings.train):
            rows = _predict(settings, folder, options)
        out.write(as_csv(rows))
    if options["out"] != STDOUT:
        print(_summary(options["out"], rows))
    return 0


def _predict(settings, folder, options):
    """The rows of the table, by column."""
    from xvat_tf import training  # TensorFlow: only now, and quietly.
    from xvat_tf.data.given_images import find_images

    restored = training.restore(
        settings, folder, options["checkpoint"], options["weights"]
    )
    data = restored.data
    given = find_images(
        options["images"], settings.data, data, options["array"]
    )
    classes = data.classes
    shown = classes if options["probabilities"] else ()
    columns = [f"probability of {name}" for name in shown]
    header, rows = [given.kind, "class", "probability", *columns], []
    for names, probabilities in _probabilities(restored, given):
        for name, p in zip(names, probabilities, strict=True):
            numbers = [f"{x:.6g}" for x in (p.max(), *p[: len(shown)])]
            cells = [name, classes[p.argmax()], *numbers]
            rows.append(dict(zip(header, cells, strict=True)))
    return rows


def _probabilities(restored, given):
    """Names and probabilities, `(n, classes)`, of some images at a time."""
    from scipy.special import softmax

    from xvat_tf.training.evaluation.evaluator import Predictor

    batch = restored.settings.train.eval_batch_size
    predict = Predictor(restored.classifier, batch)
    bar = progress_bar(len(given.names), "image", lines=sys.stderr)
    with contextlib.closing(bar):
        for start in range(0, len(given.names), _CHUNK):
            part = slice(start, start + _CHUNK)
            logits = predict(given.read(part))
            yield given.names[part], softmax(logits.astype("float64"), axis=1)
            bar.advance(len(logits))


def _summary(path, rows):
    counts = Counter(row["class"] for row in rows)
    most = ", ".join(f"{name} ({n:,})" for name, n in counts.most_common(10))
    return f"{path}: {counted(len(rows), 'image')}, {most}"


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
