"""Times every method: `python -m xvat_tf.benchmark`."""

import dataclasses
import functools
import pathlib
import sys
import tempfile

from xvat_tf import command_line, machine
from xvat_tf.errors import UserError
from xvat_tf.settings import resolve

_USAGE = """\
usage: python -m xvat_tf.benchmark [flags]

Times the train steps of all methods in turns (A B C A B C ...), and what is
around them: input, evaluation, fit as a whole, the start. Random images;
--parts=input,fit need the data set."""

_PARTS = ("steps", "input", "evaluation", "fit", "start")
_LISTS = {
    "networks": "Networks [all]: moons, mlp-1200-1200, mlp-1200-600-300-150,"
    " conv13-quarter, conv13.",
    "methods": "Methods [all]: mle, at, vat, vatent, xat-inductive,"
    " xat-transductive, xvat-inductive, xvat-transductive.",
    "parts": f"What is timed [steps]: {', '.join(_PARTS)}.",
}
_NUMBERS = {
    "rounds": (int, 5, "Least steps of each method [5]."),
    "seconds": (float, 10.0, "Least seconds of all rounds together [10]."),
    "table_rows": (int, 0, "Rows of the mask table; 0: as the data set [0]."),
    "link_gbit": (float, 25.0, "Gbit/s between workers, for --scaling [25]."),
    "link_latency_us": (float, 20.0, "Its latency in microseconds [20]."),
}
_PATHS = {
    "json": "File for everything measured, every sample.",
    "profile": "Folder for profiles of each method, for TensorBoard.",
    "peer_vat_tf_dir": "Checkout of takerum/vat_tf, timed in turns with ours.",
    "peer_xvat_dir": "Checkout of sndnyang/xvat, likewise; needs PyTorch.",
    "python": "Interpreter with PyTorch [this one].",
    "data_dir": "Folder of prepared tensorflow-datasets.",
}
_OPTIONS = {
    "precision": (str, "float32, mixed_bfloat16 or mixed_float16 [float32]."),
    "xla": (bool, "Compile the steps with XLA [off]."),
    "batch_size": (int, "Labeled images in a step [32; mnist: 100]."),
    "ul_batch_size": (int, "Unlabeled images [128; mnist: 250]."),
    "eval_batch_size": (int, "Images in an evaluation batch [100]."),
    "num_epochs": (int, "Epochs of --parts=fit [10]."),
    "num_iter_per_epoch": (int, "Steps in such an epoch [as the data set]."),
}


def main(argv: list[str]) -> None:
    """Runs the command.

    Args:
        argv: Arguments without the program's name.

    Raises:
        UserError: Anything a user can mend.
    """
    given = _command_line().parse(argv)
    values = {
        **dict.fromkeys(_LISTS),
        **{name: default for name, (_, default, _) in _NUMBERS.items()},
        **dict.fromkeys(_PATHS, ""),
        "table3": False,
        "scaling": False,
        **given,
    }
    parts = _chosen("parts", values["parts"] or ["steps"], _PARTS)
    _require_positive(values)
    options = {name: given[name] for name in _OPTIONS if name in given}
    start = resolve(
        {"method": "mle", "precision": options.get("precision", "float32")}
    )
    with machine.prepare(start.train):
        record = _measure(values, parts, options)
    if values["json"]:
        from xvat_tf.records.writing import write_json

        write_json(pathlib.Path(values["json"]), record)
        print(f"written: {values['json']}")


def _command_line():
    line = command_line.CommandLine(_USAGE, settings=False)
    line.title("what is timed")
    for name, text in _LISTS.items():
        line.define(list, name, None, text)
    for name, (kind, _, text) in _NUMBERS.items():
        line.define(kind, name, None, text)
    line.define(bool, "table3", False, "Seconds per epoch, as the paper's.")
    line.define(bool, "scaling", False, "Expected efficiency of more workers.")
    line.title("settings of the runs")
    for name, (kind, text) in _OPTIONS.items():
        line.define(kind, name, None, text)
    line.title("files")
    for name, text in _PATHS.items():
        line.define(str, name, None, text)
    return line


def _chosen(flag, wanted, known):
    for name in wanted:
        if name not in known:
            raise UserError(
                f"--{flag}={name} is not known: choose of {', '.join(known)}."
            )
    return wanted


def _require_positive(values):
    for name in ("rounds", "seconds", "link_gbit"):
        if values[name] <= 0:
            raise UserError(f"--{name}={values[name]} must be above 0.")
    for name in ("table_rows", "link_latency_us"):
        if values[name] < 0:
            raise UserError(f"--{name}={values[name]} must be 0 or above.")


def _measure(values, parts, options):
    """Measures and prints part by part; returns all of it."""
    from xvat_tf.benchmarking import cases
    from xvat_tf.benchmarking.this_machine import this_machine

    networks = _chosen(
        "networks", values["networks"] or list(cases.NETWORKS), cases.NETWORKS
    )
    methods = _chosen(
        "methods", values["methods"] or list(cases.METHODS), cases.METHODS
    )
    if values["data_dir"]:
        options["data_dir"] = values["data_dir"]
    chosen = {
        network: [
            cases.make_case(network, method, options, values["table_rows"])
            for method in methods
        ]
        for network in networks
    }
    peers = _peers(values, chosen)
    record = {"machine": this_machine()}
    print(" · ".join(f"{k} {v}" for k, v in record["machine"].items()))
    if "steps" in parts:
        steps = {
            network: own[0].settings.train.num_iter_per_epoch
            for network, own in chosen.items()
        }
        record["steps_per_epoch"] = steps
        record["steps"] = _steps(values, chosen, peers, steps)
    if set(parts) - {"steps"}:
        from xvat_tf.benchmarking import around_the_step

        record["surroundings"] = [
            around_the_step.measure(parts, case, values["rounds"])
            for own in chosen.values()
            for case in own
        ]
    if "start" in parts:
        from xvat_tf.benchmarking import surroundings

        record["help_seconds"] = surroundings.help_seconds()
        print(f"--help: {record['help_seconds']:.2f} s")
    return record


def _peers(values, chosen):
    """Makers of the peers by network; checks the checkouts first."""
    from xvat_tf.benchmarking.peers.official import official_peers
    from xvat_tf.benchmarking.peers.peer import Sizes
    from xvat_tf.benchmarking.peers.released import released_peers

    found = {network: [] for network in chosen}
    for network, cases in chosen.items():
        train = cases[0].settings.train
        kind = cases[0].settings.network
        sizes = Sizes(
            train.batch_size,
            train.ul_batch_size,
            kind.hidden_sizes,
            values["table_rows"] or None,
        )
        methods = dict.fromkeys(case.settings.method.method for case in cases)
        known = [m for m in methods if m in ("mle", "vat", "xvat")]
        if kind.network == "moons_mlp" or kind.width != 1:
            continue
        if values["peer_vat_tf_dir"]:
            found[network] += official_peers(
                values["peer_vat_tf_dir"], kind.network, known, sizes
            )
        if values["peer_xvat_dir"]:
            found[network] += released_peers(
                values["peer_xvat_dir"],
                values["python"] or sys.executable,
                kind.network,
                known,
                sizes,
            )
    return found


def _steps(values, chosen, peers, steps_per_epoch):
    from xvat_tf.benchmarking import report, step_times
    from xvat_tf.benchmarking.scaling import Link

    found = []
    with tempfile.TemporaryDirectory(prefix="xvat_tf-") as scratch:
        for network, cases in chosen.items():
            train = cases[0].settings.train
            measured = step_times.measure(
                cases,
                peers[network],
                pathlib.Path(scratch),
                values["rounds"],
                values["seconds"],
                Link(values["link_gbit"], values["link_latency_us"]),
                values["profile"],
            )
            print(
                f"\n{network}, {train.batch_size} + {train.ul_batch_size}"
                f" images, {train.precision}{', XLA' * train.xla},"
                f" {len(measured[0].samples)} rounds\n"
                f"{report.step_table(measured)}",
                flush=True,
            )
            found += measured
    if values["table3"]:
        print(f"\n{report.epoch_table(found, steps_per_epoch)}")
    if values["scaling"]:
        print(f"\n{report.scaling_table(found)}")
    return [dataclasses.asdict(times) for times in found]


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
