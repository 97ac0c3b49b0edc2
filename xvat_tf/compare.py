"""Compares with the reference programs: `python -m xvat_tf.compare`."""

import functools
import pathlib
import tempfile

from xvat_tf import command_line, machine
from xvat_tf.command_line.options import JSON, PYTHON, setting
from xvat_tf.command_line.output import Output
from xvat_tf.errors import UserError
from xvat_tf.option import Option
from xvat_tf.reference import programs
from xvat_tf.reference.side_by_side import report
from xvat_tf.settings import Settings, resolve

_USAGE = """\
usage: python -m xvat_tf.compare --vat_tf_dir=PATH [flags]
       python -m xvat_tf.compare --xvat_dir=PATH [--python=PATH] [flags]

Compares this installation, number by number, with your checkout of the official
VAT (takerum/vat_tf) or of the authors' PyTorch xVAT (sndnyang/xvat), which run
unmodified. The exit status is 0 if every quantity is within its bar. In the
source distribution, `pytest tests/golden` checks numbers recorded from both."""

_WHERE = {
    "vat_tf_dir": Option(
        str, None, "Checkout of takerum/vat_tf; runs unmodified.", path=True
    ),
    "xvat_dir": Option(
        str, None, "Checkout of sndnyang/xvat; needs PyTorch.", path=True
    ),
    "json": JSON,
}
_BOTH = {
    "dtype": setting("dtype", default="float64"),
    "batch_size": setting("batch_size", default=4),
    "ul_batch_size": setting("ul_batch_size", default=6),
    "seed": setting("seed"),
}
_OF_VAT = (
    "xi",
    "epsilon",
    "num_power_iterations",
    "keep_prob_hidden",
    "top_bn",
)
_OFFICIAL = {
    "method": Option(
        str, "vat", "Objective.", choices=("baseline", "vat", "vatent")
    ),
    **{name: setting(name) for name in _OF_VAT},
    "steps": Option(int, 20, "Number of Adam steps to compare.", at_least=1),
}
_OF_MASKS = ("mask_model", "mask_gain", "lambda_l0", "lambda_smooth")
_KINDS = ("kl_perturbed_clean", "cross_entropy")
_RELEASED = {
    "python": PYTHON,
    "divergence": setting("divergence", default=_KINDS[0], choices=_KINDS),
    **{name: setting(name) for name in (*_OF_MASKS, "generator_layers")},
}
_GROUPS = {
    "what to compare with": _WHERE,
    "both comparisons": _BOTH,
    "with --vat_tf_dir": _OFFICIAL,
    "with --xvat_dir": _RELEASED,
}
# Of each mode: its options, and what else is set in the runs compared.
_MODES = {
    "vat_tf_dir": (_OFFICIAL, {"dataset": "svhn"}),
    "xvat_dir": (_RELEASED, {"dataset": "mnist", "method": "xvat"}),
}


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
    options, fixed = _MODES[mode]
    for name in given:
        if name not in _WHERE | _BOTH | options:
            raise UserError(
                f"--{name} does not go with --{mode}: leave it out."
            )
    values = command_line.take(given, _WHERE | _BOTH | options)
    compared = {n: values[n] for n in _BOTH | options if n != "python"}
    with Output(values["json"] or None, "json") as numbers:
        rows, seconds = _compare(mode, values, _settings(compared, fixed))
        print(report.table(rows))
        if seconds:
            print(f"median step: {report.step_times(seconds)}")
        print(report.verdict(rows))
        found = report.as_entries(rows)
        found = {"settings": compared, "seconds": seconds, "quantities": found}
        numbers.write_json(found)
    return 0 if all(one.inside for one in rows) else 1


def _compare(mode, values, settings):
    if mode == "vat_tf_dir":
        path = programs.find_official(values[mode], mode)
    else:
        path = programs.find_released(values[mode], values["python"], mode)
    with (
        machine.prepare(settings.train),
        tempfile.TemporaryDirectory(prefix="xvat_tf-") as scratch,
    ):
        from xvat_tf.reference.vat_tf import comparison as official
        from xvat_tf.reference.xvat import comparison as released

        compare, more = {
            "vat_tf_dir": (official.compare, values.get("steps")),
            "xvat_dir": (released.compare, values.get("python")),
        }[mode]
        return compare(path, settings, more, pathlib.Path(scratch))


def _settings(compared: dict, fixed: dict) -> Settings:
    for name in ("batch_size", "ul_batch_size"):
        if compared[name] < 2:
            raise UserError(
                f"--{name}={compared[name]} must be at least 2: the moving"
                " variance divides by n - 1."
            )
    chosen = {n: v for n, v in compared.items() if n != "steps"}
    return resolve(chosen | fixed)


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
