"""Evaluates a run folder: `python -m xvat_tf.evaluate --log_dir=FOLDER`."""

import functools

from xvat_tf import command_line, machine
from xvat_tf.analysis import evaluation_report
from xvat_tf.command_line.options import JSON, RUN
from xvat_tf.command_line.output import Output
from xvat_tf.errors import UserError
from xvat_tf.methods import find_method
from xvat_tf.option import Option
from xvat_tf.records import RunFolder
from xvat_tf.settings import PLACES, Settings, resolve, to_values

_USAGE = """\
usage: python -m xvat_tf.evaluate --log_dir=FOLDER [flags]

Evaluates the newest checkpoint of a run, or the best one, on its whole test
set: accuracy, negative log-likelihood, calibration error and confusion matrix.
With --robustness it also reports accuracy under attacks, noise and masks.

All settings come from the run. Every flag of python -m xvat_tf.train is also
accepted, and must agree with the run. Only --validation, --eval_batch_size
and flags such as --data_dir, which do not change the results, may differ."""

_EVAL_BATCH_SIZE = 500
# Flags that may differ from the run's: they do not change what it computed.
_FREE = (*PLACES, "eval_batch_size", "validation")


def main(argv: list[str]) -> int:
    """Runs the command; see `command_line.run`."""
    groups = {"run": RUN, "evaluation": _OPTIONS, "robustness": _ROBUSTNESS}
    line = command_line.CommandLine(_USAGE, groups, lists_settings=False)
    given = line.parse(argv)
    _require_robustness(given)
    options = command_line.take(dict(given), RUN | _OPTIONS | _ROBUSTNESS)
    folder = RunFolder(options["log_dir"])
    settings = _settings(folder, given)
    with Output(options["json"] or None, "json") as numbers:
        with machine.prepare(settings.train):
            result = _evaluate(settings, folder, options)
        numbers.write_json(result)
    print(evaluation_report.table(result))
    return 0


_OPTIONS = {
    "finetune_batch_size": Option(
        int,
        100,
        "Labeled images per batch of the re-estimation, or all if there are"
        " fewer.",
        at_least=1,
    ),
    "finetune_iter": Option(
        int,
        100,
        "Training-mode passes that re-estimate batch-norm statistics before a"
        " second evaluation, as in the official test.py; 0 for none.",
        at_least=0,
    ),
    "json": JSON,
}
_ROBUSTNESS = {
    "robustness": Option(
        bool,
        False,
        "Also report accuracy under attacks, noise and masks"
        " (docs/robustness.md).",
    ),
    "robustness_epsilons_l2": Option(
        tuple,
        None,
        "L2 norms of perturbations, comma-separated, in the units of the"
        " network's input.",
        of=float,
        above=0,
        shown="0.25,0.5,1,2 times the width of the pixel range",
    ),
    "robustness_epsilons_linf": Option(
        tuple,
        None,
        "The same in L-inf: the largest change of an entry.",
        of=float,
        above=0,
        shown="0.01,0.03,0.1,0.2 times the width of the pixel range",
    ),
    "robustness_steps": Option(int, 20, "Gradient steps of PGD.", at_least=1),
    "robustness_images": Option(
        int,
        1000,
        "Number of evaluated images to perturb, evenly spread.",
        at_least=1,
    ),
}


def _require_robustness(given):
    """A flag of a report that nobody asked for would do nothing."""
    for name in _ROBUSTNESS:
        if name in given and not given.get("robustness"):
            raise UserError(f"--{name} needs --robustness: add it.")


def _settings(folder, given) -> Settings:
    """The run's settings, in places and batch size the user's."""
    recorded = folder.read_settings()
    values = to_values(recorded)
    if "method" in given:
        given = given | {"method": find_method(given["method"]).name}
    for name, value in given.items():
        value = list(value) if isinstance(value, tuple) else value
        # A run without --validation was trained on the held-out images.
        free = name in _FREE and not (name == "validation" and value)
        if not free and values.get(name, value) != value:
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

    restored = training.restore(
        settings, folder, options["checkpoint"], options["weights"]
    )
    robustness = {}
    if options["robustness"]:
        robustness = {"robustness": _robustness(restored, options)}
    # Last: the re-estimation changes the classifier.
    result = training.evaluate_run(
        restored,
        finetune_iter=options["finetune_iter"],
        finetune_batch_size=options["finetune_batch_size"],
    )
    return result | robustness


def _robustness(restored, options):
    from xvat_tf.analysis.robustness import measuring

    norms = ("linf", "l2")
    epsilons = {norm: options[f"robustness_epsilons_{norm}"] for norm in norms}
    return measuring.measure(
        restored,
        epsilons,
        steps=options["robustness_steps"],
        num_images=options["robustness_images"],
    )


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
