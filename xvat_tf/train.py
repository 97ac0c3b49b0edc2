"""Trains one run: `python -m xvat_tf.train --dataset=svhn --method=xvat`."""

import contextlib
import functools
import os
import shlex
import sys
from collections.abc import Collection

from xvat_tf import command_line, machine
from xvat_tf.cluster import ALONE, read_cluster
from xvat_tf.command_line.runs import completed
from xvat_tf.errors import WorkerLostError
from xvat_tf.files.tables import as_text, number
from xvat_tf.records import RunFolder, default_path, evaluated_with
from xvat_tf.settings import Settings, idle, resolve

_USAGE = """\
usage: python -m xvat_tf.train --dataset=D --method=M [flags]

Trains a classifier and writes a run folder. Ctrl-C saves a checkpoint. The same
command continues the run, even after a kill; with a larger --num_epochs, also
one that is finished."""


def main(argv: list[str]) -> int:
    """Runs the command.

    Exit status: 0, or 128 + signal for a run that was stopped.
    """
    given = command_line.CommandLine(_USAGE).parse(argv)
    values, chosen = completed(given)
    settings = resolve(values)
    cluster = ALONE
    if settings.train.distribute == "multiworker":
        cluster = read_cluster(os.environ)
    folder = RunFolder(settings.train.log_dir or default_path(settings))
    try:
        if cluster.is_chief:
            notes = [chosen] * bool(chosen) + _notes(settings, given)
            return _lead(argv, notes, settings, folder, cluster)
        return _follow(settings, folder, cluster)
    except WorkerLostError as lost:
        # TensorFlow, which --help does without.
        from xvat_tf.records.checkpoint_files import newest_step
        from xvat_tf.training.replicas import joining

        joining.rejoin(lost, argv, newest_step(folder))


def _lead(argv, notes, settings, folder, cluster):
    """Trains, and writes and says everything; returns the exit status."""
    folder.open(settings)
    finished = _finished(folder, settings)
    if finished:
        _require_data(settings, folder)
        print("this run is finished; nothing was trained.")
        print(_table(finished, folder))
        return 0
    with folder.locked():
        folder.open(settings)  # It may have changed before it was locked.
        for note in notes:
            print(f"note: {note}")
        with machine.prepare(settings.train), _loss_told(folder):
            outcome = _train(settings, folder, cluster)
    print(_table(outcome.results, folder))
    if outcome.signal is None:
        return 0
    command = f"python -m xvat_tf.train {shlex.join(argv)}"
    command = command_line.as_called(command)
    print(f"stopped and saved; to continue: {command}", file=sys.stderr)
    return 128 + outcome.signal


def _finished(folder, settings):
    """Results of a run that is not to be trained further, or None."""
    extended = folder.is_extended_by(settings)
    return None if extended else folder.finished_results()


@contextlib.contextmanager
def _loss_told(folder):
    """Says where a run continues that a second signal stopped at once."""
    try:
        yield
    except KeyboardInterrupt as stop:
        from xvat_tf.records.checkpoint_files import newest_step

        if not folder.settings_file.exists():
            raise
        raise KeyboardInterrupt(
            *stop.args,
            "stopped at once; the same command continues after step"
            f" {newest_step(folder)}.",
        ) from None


def _require_data(settings, folder):
    """A finished run says nothing of data that changed afterwards."""
    from xvat_tf.data import load_source  # NumPy: not for --help.
    from xvat_tf.data.prepared_sets import is_prepared

    data = settings.data
    if any(map(os.path.exists, data.own_files.values())) or is_prepared(data):
        machine.import_tensorflow()
        folder.require_data(load_source(data).sha256)


def _follow(settings, folder, cluster):
    """Trains with a group whose chief is another process."""
    if _finished(folder, settings):
        return 0
    with machine.prepare(settings.train):
        outcome = _train(settings, folder, cluster)
    return 0 if outcome.signal is None else 128 + outcome.signal


def _train(settings, folder, cluster):
    from xvat_tf import training  # TensorFlow: only now, and quietly.
    from xvat_tf.models.classifiers import find_builder

    distribution = training.join(settings, cluster)
    find_builder(settings.network.network)  # Reading the data may take long.
    data = training.prepare_data(settings)
    return training.run(settings, folder, data, distribution)


def _notes(settings: Settings, given: Collection[str]) -> list[str]:
    """What the user may not expect of this combination."""
    notes = []
    method = settings.method
    reads_no_more = method.needs_labels and method.perturbs
    if reads_no_more and not settings.data.supervised:
        notes.append(
            f"{method.name} needs labels: it uses only the labeled batch, and"
            " unlabeled images are not read."
        )
    if settings.data.streaming:
        notes += _streaming_notes(settings.data)
    for name in idle(settings, given):
        notes.append(f"--{name} has no effect on --method={method.name}.")
    divided = settings.train.distribute == "multiworker"
    if divided and method.has_table:
        notes.append(
            "the mask table is divided among the workers: TensorBoard shows"
            " curves, but no pictures."
        )
    return notes


def _streaming_notes(data):
    from xvat_tf.data.image_file import holds_images  # NumPy: not for --help.

    if not data.stream_dir or holds_images(data.stream_dir):
        return []
    return [
        f"--stream_dir={data.stream_dir} holds no images.npy: the images of the"
        " data set are written there first."
    ]


def _table(results, folder):
    """The end of a run in a few lines."""
    rows = [("status", results["status"])]
    if results["final_accuracy"] is not None:
        weights = folder.read_settings().method.weights
        measured = evaluated_with(results, weights)
        of = f"{results['evaluated_on']} accuracy"
        if weights == "averaged":
            of += " of averaged weights"
        last = _percent(measured["median_of_last_20_accuracy"])
        rows += [
            (f"{of}, final", _percent(measured["final_accuracy"])),
            (f"{of}, best", _percent(measured["best_accuracy"])),
            (f"{of}, median of last 20", last),
            ("steps", f"{results['steps']}"),
            (
                "median time per step",
                _milliseconds(results["median_seconds_per_step"]),
            ),
            ("wall time", f"{results['wall_seconds']:.0f} s"),
        ]
    rows.append(("run folder", f"{folder.path}"))
    return as_text(rows, "ll")


def _percent(share):
    return number(share and 100 * share, ".2f") + " %"


def _milliseconds(seconds):
    return number(seconds and 1000 * seconds, ".1f") + " ms"


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
