"""Compares with the reference programs: `python -m xvat_tf.compare`."""

import contextlib
import functools
import pathlib
import tempfile

from xvat_tf import command_line, machine
from xvat_tf.command_line.options import PYTHON
from xvat_tf.errors import UserError
from xvat_tf.option import Option
from xvat_tf.reference import checkout
from xvat_tf.reference.side_by_side import report
from xvat_tf.reference.side_by_side.quantity import Quantity
from xvat_tf.settings import Settings, resolve

_USAGE = """\
usage: python -m xvat_tf.compare --vat_tf_dir=PATH [flags]
       python -m xvat_tf.compare --xvat_dir=PATH [--python=PATH] [flags]

Compares this installation, number by number, with your checkout of the official
VAT (takerum/vat_tf) or of the authors' PyTorch xVAT (sndnyang/xvat), which run
unmodified. The exit status is 0 if every quantity is within its bar. In the
source distribution, `pytest tests/golden` checks numbers recorded from both."""

_MODES = ("vat_tf_dir", "xvat_dir")
_WHERE = {
    "vat_tf_dir": Option(
        str, None, "Checkout of takerum/vat_tf; runs unmodified.", path=True
    ),
    "xvat_dir": Option(
        str, None, "Checkout of sndnyang/xvat; needs PyTorch.", path=True
    ),
    "log_dir": Option(
        str,
        None,
        "Folder for the results.",
        shown="a new one in runs/",
        path=True,
    ),
}
_BOTH = {
    "dtype": Option(str, "float64", "Arithmetic: float64 or float32."),
    "batch_size": Option(int, 4, "Labeled images per batch."),
    "ul_batch_size": Option(int, 6, "Unlabeled images per batch."),
    "seed": Option(int, 1, "Seed of weights, batches and noise."),
}
_OFFICIAL = {
    "method": Option(
        str, "vat", "Objective.", choices=("baseline", "vat", "vatent")
    ),
    "xi": Option(float, 1e-6, "Length of the finite difference."),
    "epsilon": Option(float, 8.0, "L2 norm of r_vadv."),
    "num_power_iterations": Option(int, 1, "Number of power iterations."),
    "keep_prob_hidden": Option(
        float, 0.5, "Probability that dropout keeps a unit; 1 for no dropout."
    ),
    "top_bn": Option(bool, False, "Batch norm on the logits."),
    "steps": Option(int, 20, "Number of Adam steps to compare.", at_least=1),
}
_RELEASED = {
    "python": PYTHON,
    "mask_model": Option(
        str,
        "inductive",
        "Kind of masks.",
        choices=("inductive", "transductive"),
    ),
    "divergence": Option(
        str,
        "kl_perturbed_clean",
        "Divergence, as for train.",
        choices=("kl_perturbed_clean", "cross_entropy"),
    ),
    "mask_gain": Option(float, 1.0, "Factor on the masked image."),
    "lambda_l0": Option(float, 1.0, "Weight of the expected L0 norm."),
    "lambda_smooth": Option(float, 0.0, "Weight of the smoothness term."),
    "generator_layers": Option(
        int, 1, "Number of layers of the generator, 1 or 2."
    ),
}
_GROUPS = {
    "what to compare with": _WHERE,
    "both comparisons": _BOTH,
    "with --vat_tf_dir": _OFFICIAL,
    "with --xvat_dir": _RELEASED,
}
_NOT_SETTINGS = ("steps", "python")


def main(argv: list[str]) -> int:
    """Runs the command.

    Exit status: 0, or 1 when a quantity is outside its bar.
    """
    line = command_line.CommandLine(_USAGE, _GROUPS, settings=False)
    given = line.parse(argv)
    modes = [name for name in _MODES if name in given]
    if len(modes) != 1:
        raise UserError(
            "give --vat_tf_dir or --xvat_dir, a checkout of the program to"
            " compare with, and not both. `pytest tests/golden` checks recorded"
            " numbers."
        )
    [mode] = modes
    options = {"vat_tf_dir": _OFFICIAL, "xvat_dir": _RELEASED}[mode]
    allowed = _WHERE | _BOTH | options
    for name in given:
        if name not in allowed:
            raise UserError(
                f"--{name} does not go with --{mode}: leave it out."
            )
    run = {"vat_tf_dir": _compare_official, "xvat_dir": _compare_released}
    return run[mode](command_line.take(given, allowed))


def _compare_official(values):
    path = checkout.official(values["vat_tf_dir"], "vat_tf_dir")
    settings = _settings(values, dataset="svhn")
    folder = report.results_folder(values["log_dir"])
    with machine.prepare(settings.train), _scratch() as scratch:
        from xvat_tf.reference.vat_tf import comparison

        outcome = comparison.compare(path, settings, values["steps"], scratch)
    report.write_results(folder, outcome.rows, _compared(values), outcome)
    print(report.table(outcome.rows))
    print(f"median step: {report.step_times(outcome)}\nresults: {folder}")
    return _end(outcome.rows)


def _compare_released(values):
    path = checkout.released(values["xvat_dir"], values["python"], "xvat_dir")
    settings = _settings(values, dataset="mnist", method="xvat")
    folder = report.results_folder(values["log_dir"])
    with machine.prepare(settings.train), _scratch() as scratch:
        from xvat_tf.reference.xvat import comparison

        found = comparison.compare(path, settings, values["python"], scratch)
    report.write_results(folder, found, _compared(values))
    print(f"{report.table(found)}\nresults: {folder}")
    return _end(found)


def _compared(values):
    """What was compared, without where it is."""
    return {n: v for n, v in values.items() if n not in (*_WHERE, "python")}


def _end(found: list[Quantity]) -> int:
    """Prints the verdict; returns the exit status."""
    print(report.verdict(found))
    return 0 if all(one.inside for one in found) else 1


def _settings(values: dict, **fixed) -> Settings:
    """The run whose train step is compared."""
    ours = _BOTH | _OFFICIAL | _RELEASED
    chosen = {
        n: v for n, v in values.items() if n in ours and n not in _NOT_SETTINGS
    }
    for name in ("batch_size", "ul_batch_size"):
        if values[name] < 2:
            raise UserError(
                f"--{name}={values[name]} must be at least 2: the moving"
                " variance divides by n - 1."
            )
    return resolve(chosen | fixed)


@contextlib.contextmanager
def _scratch():
    """A folder for the child's files, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="xvat_tf-") as folder:
        yield pathlib.Path(folder)


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
