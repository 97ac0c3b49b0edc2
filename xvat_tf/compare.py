"""Compares with the reference programs: `python -m xvat_tf.compare`."""

import functools
import pathlib
import re
import sys
import tempfile

from xvat_tf import command_line, machine
from xvat_tf.errors import UserError
from xvat_tf.options import Option, take
from xvat_tf.parity.side_by_side import report, rows
from xvat_tf.parity.side_by_side.rows import Row
from xvat_tf.settings import Settings, resolve

_USAGE = """\
usage: python -m xvat_tf.compare --vat_tf_dir=PATH [flags]
       python -m xvat_tf.compare --xvat_dir=PATH [--python=PATH] [flags]
       python -m xvat_tf.compare [--golden=FOLDER]

Compares this installation, number by number, with the official VAT
(takerum/vat_tf), with the authors' PyTorch xVAT (sndnyang/xvat), or with
recorded numbers of both. Exit status 0: every quantity is inside its bar."""

_MODES = ("golden", "vat_tf_dir", "xvat_dir")
_WHERE = {
    "golden": Option(
        str, None, "Folder of recorded files.", shown="tests/golden"
    ),
    "vat_tf_dir": Option(
        str, None, "Checkout of takerum/vat_tf; runs unmodified."
    ),
    "xvat_dir": Option(str, None, "Checkout of sndnyang/xvat; needs PyTorch."),
    "log_dir": Option(
        str, None, "Folder of the results.", shown="runs/compare-..."
    ),
}
_BOTH = {
    "dtype": Option(str, "float64", "float64 or float32."),
    "batch_size": Option(int, 4, "Labeled images in a batch."),
    "ul_batch_size": Option(int, 6, "Unlabeled images in a batch."),
    "seed": Option(int, 1, "Seed of weights, batches and noise."),
}
_OFFICIAL = {
    "method": Option(
        str, "vat", "Objective.", choices=("baseline", "vat", "vatent")
    ),
    "xi": Option(float, 1e-6, "Finite-difference length."),
    "epsilon": Option(float, 8.0, "L2 norm of r_vadv."),
    "num_power_iterations": Option(int, 1, "Power iterations."),
    "keep_prob_hidden": Option(float, 0.5, "Kept by dropout; 1 is off."),
    "top_bn": Option(bool, False, "Batch norm on the logits."),
    "steps": Option(int, 20, "Joint steps of Adam.", at_least=1),
}
_RELEASED = {
    "python": Option(
        str, sys.executable, "Interpreter with PyTorch.", shown="this one"
    ),
    "mask_model": Option(
        str,
        "inductive",
        "Whose masks.",
        choices=("inductive", "transductive"),
    ),
    "divergence": Option(
        str,
        "kl_perturbed_clean",
        "See train.",
        choices=("kl_perturbed_clean", "cross_entropy"),
    ),
    "mask_gain": Option(float, 1.0, "Gain of the masked image."),
    "lambda_l0": Option(float, 1.0, "Weight of the expected L0 norm."),
    "lambda_smooth": Option(float, 0.0, "Weight of the smoothness term."),
    "generator_layers": Option(int, 1, "Layers of the generator, 1 or 2."),
}
_REFUSED = {
    "width": Option(float, None, "Refused: the official net is fixed."),
}
_GROUPS = {
    "what to compare with": _WHERE,
    "both side-by-side modes": _BOTH,
    "with --vat_tf_dir": _OFFICIAL,
    "with --xvat_dir": _RELEASED,
    "not to compare": _REFUSED,
}
_NOT_SETTINGS = ("steps", "python")
_GOLDEN = pathlib.Path(__file__).parents[1] / "tests" / "golden"


def main(argv: list[str]) -> int:
    """Runs the command.

    Args:
        argv: Arguments without the program's name.

    Returns:
        Exit status: 0, or 1 when a quantity is outside its bar.

    Raises:
        UserError: Anything a user can mend.
    """
    given = _command_line().parse(argv)
    modes = [name for name in _MODES if name in given]
    if len(modes) > 1:
        raise UserError(
            f"--{modes[0]} and --{modes[1]} are two comparisons: give one."
        )
    mode = modes[0] if modes else "golden"
    allowed = {
        "golden": {},
        "vat_tf_dir": _WHERE | _BOTH | _OFFICIAL,
        "xvat_dir": _WHERE | _BOTH | _RELEASED,
    }[mode]
    _refuse_others(given, {mode, *allowed}, mode)
    run = {
        "golden": _compare_golden,
        "vat_tf_dir": _compare_official,
        "xvat_dir": _compare_released,
    }[mode]
    return run(take(given, _WHERE | allowed))


def _command_line():
    line = command_line.CommandLine(_USAGE, settings=False)
    for title, options in _GROUPS.items():
        line.define_options(title, options)
    return line


def _refuse_others(given, allowed, mode):
    if "width" in given:
        raise UserError(
            f"--width={given['width']} cannot be compared: the official"
            " network has one width. Leave it out."
        )
    for name in given:
        if name not in allowed:
            raise UserError(
                f"--{name} does not go with --{mode}: leave it out."
            )


def _compare_golden(values):
    folder = values.get("golden") or _GOLDEN
    if not pathlib.Path(folder).is_dir():
        raise UserError(
            f"--golden={folder} is not a folder: give one of recorded files,"
            " tests/golden of the source distribution."
        )
    machine.import_tensorflow()
    from xvat_tf.parity.folder import check_folder

    found = []
    for file, quantities in check_folder(folder):
        own = [Row(_without_case(q.name), q) for q in quantities]
        print(f"{file}\n{rows.table(own)}\n{report.verdict(own)}\n", flush=True)
        found += own
    return _end(found)


def _without_case(name):
    """`grad_norms c1_W (xi=0.1)` is a case of `grad_norms`."""
    return re.split("[ ,(]", name, maxsplit=1)[0]


def _compare_official(values):
    from xvat_tf.parity.official import checkout

    path = checkout.check(values["vat_tf_dir"])
    settings = _settings(values, dataset="svhn")
    folder = report.results_folder(values["log_dir"])
    with machine.prepare(settings.train), _scratch() as scratch:
        from xvat_tf.parity.official import comparison

        outcome = comparison.compare(path, settings, values["steps"], scratch)
    report.write_results(folder, outcome.rows, _compared(values), outcome)
    print(rows.table(outcome.rows))
    print(f"median step: {report.step_times(outcome)}\nresults: {folder}")
    return _end(outcome.rows)


def _compare_released(values):
    from xvat_tf.parity.released import checkout

    path = checkout.check(values["xvat_dir"], values["python"])
    settings = _settings(values, dataset="mnist", method="xvat")
    folder = report.results_folder(values["log_dir"])
    with machine.prepare(settings.train), _scratch() as scratch:
        from xvat_tf.parity.released import comparison

        found = comparison.compare(path, settings, values["python"], scratch)
    report.write_results(folder, found, _compared(values))
    print(f"{rows.table(found)}\nresults: {folder}")
    return _end(found)


def _compared(values):
    """What was compared, without where it is."""
    return {n: v for n, v in values.items() if n not in (*_WHERE, "python")}


def _end(found: list[Row]) -> int:
    """Prints the verdict; returns the exit status."""
    print(report.verdict(found))
    return 0 if all(row.quantity.inside for row in found) else 1


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


def _scratch():
    """A folder for the child's files, removed at the end."""

    class Scratch(tempfile.TemporaryDirectory):
        def __enter__(self):
            return pathlib.Path(super().__enter__())

    return Scratch(prefix="xvat_tf-")


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
