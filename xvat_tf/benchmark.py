"""Times every method: `python -m xvat_tf.benchmark`."""

import dataclasses
import functools
import pathlib
import sys
import tempfile

from xvat_tf import command_line, machine
from xvat_tf.benchmarking import cases
from xvat_tf.command_line.options import JSON, PYTHON, setting
from xvat_tf.command_line.output import Output
from xvat_tf.networks import find_network
from xvat_tf.option import Option
from xvat_tf.settings import resolve

_USAGE = """\
usage: python -m xvat_tf.benchmark [flags]

Times the training steps of all methods in turns (A B C A B C ...), on random
images. python -m xvat_tf.reproduce --table=3 --benchmark_json=FILE makes
table 3 of what --json=FILE wrote."""

_WHAT = {
    "rounds": Option(int, 5, "Least number of steps of each.", above=0),
    "seconds": Option(float, 10.0, "Least seconds of all rounds.", above=0),
    "table_rows": Option(
        int, 0, "Rows of the mask table; 0 for the data set's.", at_least=0
    ),
    "table3": Option(bool, False, "Seconds per epoch beside the paper's."),
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
}
_ARITHMETIC = ("precision", "tf32", "xla")
# Settings of the runs; None is their own default.
_RUNS = {
    **{name: setting(name) for name in _ARITHMETIC},
    **{
        name: setting(
            name,
            default=None,
            shown="that of train for the network's data set",
        )
        for name in ("batch_size", "ul_batch_size")
    },
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
        if values["table3"]:
            from xvat_tf.benchmarking.epochs import table3

            print(f"\n{table3(record)}")
        numbers.write_json(record)
    if values["json"]:
        print(f"written: {values['json']}", file=sys.stderr)


def _measure(values, options, arithmetic):
    from xvat_tf.benchmarking import this_machine

    methods = values["methods"] or list(cases.timed_methods())
    chosen = {
        network: [
            cases.make_case(network, method, options, values["table_rows"])
            for method in methods
        ]
        for network in values["networks"] or cases.timed_networks()
    }
    peers = _peers(values, chosen)
    machine_here = this_machine.this_machine() | {"arithmetic": arithmetic}
    print(" · ".join(f"{k} {v}" for k, v in machine_here.items()))
    rates = this_machine.gflop_per_second(values["rounds"])
    said = ", ".join(f"{kind} {rate:,.0f}" for kind, rate in rates.items())
    print(f"matrix product, GFLOP/s: {said}")
    steps = {n: own[0].settings.train for n, own in chosen.items()}
    return {
        "machine": machine_here,
        "matrix_gflop_per_second": rates,
        "steps_per_epoch": {n: t.num_iter_per_epoch for n, t in steps.items()},
        "steps": _steps(values, chosen, peers),
    }


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
    from xvat_tf.benchmarking import step_times

    found = []
    with tempfile.TemporaryDirectory(prefix="xvat_tf-") as scratch:
        for network, own in chosen.items():
            train = own[0].settings.train
            measured = step_times.measure(
                own,
                peers[network],
                pathlib.Path(scratch),
                values["rounds"],
                values["seconds"],
            )
            print(
                f"\n{network}, {train.batch_size} + {train.ul_batch_size}"
                f" images, {train.arithmetic},"
                f" {len(measured[0].samples)} rounds\n"
                f"{step_times.table(measured)}",
                flush=True,
            )
            found += map(dataclasses.asdict, measured)
    return found


program = functools.partial(command_line.run, main)  # the console script

if __name__ == "__main__":
    program()
