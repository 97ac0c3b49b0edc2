"""Times every method: `python -m xvat_tf.benchmark`."""

import dataclasses
import functools
import pathlib
import sys
import tempfile

from xvat_tf import command_line, machine
from xvat_tf.benchmarking import cases
from xvat_tf.command_line.options import DATA_DIR, JSON, PYTHON, setting
from xvat_tf.command_line.output import Output
from xvat_tf.networks import find_network
from xvat_tf.option import Option
from xvat_tf.settings import resolve

_USAGE = """\
usage: python -m xvat_tf.benchmark [flags]

Times the training steps of all methods in turns (A B C A B C ...), on random
images, and on request what surrounds them: input, evaluation, fit as a whole,
and the start. --parts=input,fit need the data set."""

_PARTS = ("steps", "input", "evaluation", "fit", "start")
_WHAT = {
    "parts": Option(list, ("steps",), "What to time.", choices=_PARTS),
    "rounds": Option(int, 5, "Least number of steps of each.", above=0),
    "seconds": Option(float, 10.0, "Least seconds of all rounds.", above=0),
    "table_rows": Option(
        int, 0, "Rows of the mask table; 0 for the data set's.", at_least=0
    ),
    "table3": Option(bool, False, "Report seconds per epoch, as table 3."),
    "scaling": Option(bool, False, "Estimate what more workers would gain."),
    "link_gbit": Option(
        float, 25.0, "For --scaling: Gbit/s between workers.", above=0
    ),
    "link_latency_us": Option(
        float, 20.0, "For --scaling: microseconds between them.", at_least=0
    ),
}
_FILES = {
    "json": JSON,
    "peer_vat_tf_dir": Option(
        str, "", "Checkout of takerum/vat_tf, timed in turns.", path=True
    ),
    "peer_xvat_dir": Option(
        str, "", "Checkout of sndnyang/xvat; needs PyTorch.", path=True
    ),
    "python": PYTHON,
    "data_dir": DATA_DIR,
}
_ARITHMETIC = ("precision", "tf32", "xla")
_OF_DATASET = "that of train for the network's data set"
# Settings of the runs; None is their own default.
_RUNS = {
    **{name: setting(name) for name in _ARITHMETIC},
    **{
        name: setting(name, default=None, shown=_OF_DATASET)
        for name in ("batch_size", "ul_batch_size", "eval_batch_size")
    },
    "num_epochs": Option(int, None, "Epochs for --parts=fit.", shown="10"),
    "num_iter_per_epoch": Option(
        int, None, "Steps per epoch for --parts=fit.", shown=_OF_DATASET
    ),
}


def _cases():
    """Options of what is registered now."""
    known = {
        "networks": cases.timed_networks(),
        "methods": cases.timed_methods(),
    }
    return {
        name: Option(list, (), "What to time.", choices=(*found,), shown="all")
        for name, found in known.items()
    }


def main(argv: list[str]) -> None:
    """Runs the command; see `command_line.run`."""
    what = _cases() | _WHAT
    groups = {
        "what is timed": what,
        "settings of the runs": _RUNS,
        "files": _FILES,
    }
    line = command_line.CommandLine(_USAGE, groups, settings=False)
    given = line.parse(argv)
    values = command_line.take(given, what | _FILES)
    arithmetic = {n: given[n] for n in _ARITHMETIC if n in given}
    train = resolve({"method": "mle", **arithmetic}).train
    with Output(values["json"] or None, "json") as numbers:
        with machine.prepare(train):
            record = _measure(values, given, train.arithmetic)
        numbers.write_json(record)
    if values["json"]:
        print(f"written: {values['json']}", file=sys.stderr)


def _measure(values, options, arithmetic):
    from xvat_tf.benchmarking import surroundings, this_machine

    if values["data_dir"]:
        options["data_dir"] = values["data_dir"]
    methods = values["methods"] or list(cases.timed_methods())
    chosen = {
        network: [
            cases.make_case(network, method, options, values["table_rows"])
            for method in methods
        ]
        for network in values["networks"] or cases.timed_networks()
    }
    parts = values["parts"] or _PARTS[:1]
    peers = _peers(values, chosen)
    machine_here = this_machine.this_machine() | {"arithmetic": arithmetic}
    record = {"machine": machine_here}
    print(" · ".join(f"{k} {v}" for k, v in machine_here.items()))
    if "steps" in parts:
        record |= _steps(values, chosen, peers)
    if set(parts) - {"steps"}:
        record["surroundings"] = [
            surroundings.measure(parts, case, values["rounds"])
            for own in chosen.values()
            for case in own
        ]
    if "start" in parts:
        record["help_seconds"] = surroundings.command_seconds("--help")
        print(f"--help: {record['help_seconds']:.2f} s")
    return record


def _peers(values, chosen):
    """Peers by network; checks the checkouts first."""
    from xvat_tf.benchmarking import peers
    from xvat_tf.reference import programs

    python, flags = values["python"], ("peer_vat_tf_dir", "peer_xvat_dir")
    official, released = (values[flag] for flag in flags)
    official = official and programs.find_official(official, flags[0])
    released = released and programs.find_released(released, python, flags[1])
    found = {network: [] for network in chosen}
    for network, own in chosen.items():
        kind = own[0].settings.network
        if not find_network(kind.network).released or kind.width != 1:
            continue
        methods = dict.fromkeys(case.settings.method.name for case in own)
        if official:
            found[network] += peers.official_peers(official, methods, own[0])
        if released:
            found[network] += peers.released_peers(
                released, python, methods, own[0]
            )
    return found


def _steps(values, chosen, peers):
    from xvat_tf.benchmarking import report, step_times, this_machine
    from xvat_tf.benchmarking.scaling import Link

    rates = this_machine.gflop_per_second(values["rounds"])
    said = ", ".join(f"{kind} {rate:,.0f}" for kind, rate in rates.items())
    print(f"matrix product, GFLOP/s: {said}")
    found, per_epoch = [], {}
    with tempfile.TemporaryDirectory(prefix="xvat_tf-") as scratch:
        for network, own in chosen.items():
            train = own[0].settings.train
            per_epoch[network] = train.num_iter_per_epoch
            measured = step_times.measure(
                own,
                peers[network],
                pathlib.Path(scratch),
                values["rounds"],
                values["seconds"],
                Link(values["link_gbit"], values["link_latency_us"]),
            )
            print(
                f"\n{network}, {train.batch_size} + {train.ul_batch_size}"
                f" images, {train.arithmetic},"
                f" {len(measured[0].samples)} rounds\n"
                f"{report.step_table(measured)}",
                flush=True,
            )
            found += measured
    if values["table3"]:
        print(f"\n{report.epoch_table(found, per_epoch)}")
    if values["scaling"]:
        print(f"\n{report.scaling_table(found)}")
    return {
        "matrix_gflop_per_second": rates,
        "steps_per_epoch": per_epoch,
        "steps": [dataclasses.asdict(times) for times in found],
    }


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
