"""Evaluates a run folder: `python -m xvat_tf.evaluate --log_dir=FOLDER`."""

import functools
import pathlib

from xvat_tf import command_line, machine
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder, as_json, write_json
from xvat_tf.settings import PLACES, Settings, resolve, to_values

_USAGE = """\
usage: python -m xvat_tf.evaluate --log_dir=FOLDER [flags]

Reports accuracy, negative log-likelihood, calibration error and confusion
matrix of a run on its whole test set: of its newest checkpoint, or of the
best one. All settings come from the run; those given must agree with it."""

_EVAL_BATCH_SIZE = 500
# Flags that may differ from the run's: they do not change what it computed.
_FREE = (*PLACES, "eval_batch_size", "validation")


def main(argv: list[str]) -> int:
    """Runs the command.

    Args:
        argv: Arguments without the program's name.

    Returns:
        Exit status 0.

    Raises:
        UserError: Anything a user can mend.
    """
    given = _command_line().parse(argv)
    options = {
        name: given.pop(name, default)
        for name, (_, default, _) in _OPTIONS.items()
    }
    if not given.get("log_dir"):
        raise UserError("--log_dir is missing: give a run folder.")
    _check(options)
    folder = RunFolder(given["log_dir"])
    settings = _settings(folder, given)
    with machine.prepare(settings.train):
        result = _evaluate(settings, folder, options)
    if options["json"]:
        _write(result, options["json"])
    print(_describe(result))
    return 0


_OPTIONS = {
    "checkpoint": (
        str,
        "latest",
        "latest, or best: the one of the best evaluation while training. The"
        " evaluated images picked it: report latest.",
    ),
    "finetune_batch_size": (
        int,
        100,
        "Labeled images in a batch of the re-estimation; all of them if there"
        " are fewer.",
    ),
    "finetune_iter": (
        int,
        100,
        "Training-mode passes that re-estimate batch-norm statistics before a"
        " second evaluation, as the official test.py; 0 leaves it out.",
    ),
    "json": (str, "", "Also write the numbers to this file; - prints them."),
}


def _command_line():
    commands = command_line.CommandLine(_USAGE)
    commands.title("evaluation")
    for name, (kind, default, text) in _OPTIONS.items():
        commands.define(kind, name, default, text, str(default) or "empty")
    return commands


def _check(options):
    for name, least in (("finetune_batch_size", 1), ("finetune_iter", 0)):
        if options[name] < least:
            raise UserError(
                f"--{name}={options[name]} must be at least {least}."
            )
    if options["checkpoint"] not in ("latest", "best"):
        raise UserError(
            f"--checkpoint={options['checkpoint']} is not known: choose one of"
            " latest, best."
        )


def _settings(folder, given) -> Settings:
    """The run's settings, in places and batch size the user's."""
    recorded = folder.read_settings()
    values = to_values(recorded)
    if given.get("method") == "baseline":
        given = given | {"method": "mle"}
    for name, value in given.items():
        value = list(value) if isinstance(value, tuple) else value
        # A run without --validation was trained on the held-out images.
        free = name in _FREE and not (name == "validation" and value)
        if not free and values[name] != value:
            raise UserError(
                f"--{name}={value} contradicts the run, trained with"
                f" {values[name]}: leave the flag out."
            )
    chosen = {"eval_batch_size": _EVAL_BATCH_SIZE} | given
    return resolve(
        values
        | {"hidden_sizes": recorded.network.hidden_sizes}
        | {name: chosen[name] for name in _FREE if name in chosen}
    )


def _evaluate(settings, folder, options):
    from xvat_tf import training  # TensorFlow: only now, and quietly.

    return training.evaluate_run(
        settings,
        folder,
        checkpoint=options["checkpoint"],
        finetune_iter=options["finetune_iter"],
        finetune_batch_size=options["finetune_batch_size"],
    )


def _write(result, path):
    if path == "-":
        print(as_json(result))
    else:
        write_json(pathlib.Path(path), result)


def _describe(result):
    lines = [
        f"{'run folder':<28} {result['log_dir']}",
        f"{'step':<28} {result['step']}",
        f"{'evaluated on':<28} {result['num_examples']}"
        f" {result['evaluated_on']} images",
        f"{'accuracy':<28} {100 * result['accuracy']:.2f} %",
        f"{'negative log-likelihood':<28} {result['nll']:.4f} nats",
        f"{'calibration error':<28} {100 * result['calibration_error']:.2f} %"
        " (15 bins)",
    ]
    again = result.get("after_reestimation")
    if again:
        lines.append(
            f"{'accuracy, re-estimated BN':<28} {100 * again['accuracy']:.2f} %"
            f" ({again['finetune_iter']} batches of"
            f" {again['finetune_batch_size']})"
        )
    return "\n".join([*lines, _confusion(result["confusion_matrix"])])


def _confusion(matrix):
    """Rows: true class; columns: predicted class."""
    width = max(len(str(max(map(max, matrix)))), 3) + 1
    head = " " * 12 + "".join(f"{i:>{width}}" for i in range(len(matrix)))
    rows = [
        f"true {i:>6} " + "".join(f"{n:>{width}}" for n in row)
        for i, row in enumerate(matrix)
    ]
    if len(matrix) > 20:
        return f"confusion matrix of {len(matrix)} classes: see --json"
    return "\n".join(["confusion matrix, columns predicted", head, *rows])


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
