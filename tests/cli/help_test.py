"""`--help` tells everything, truly, and needs no TensorFlow."""

import functools
import importlib
import itertools
import re
import subprocess
import sys

import pytest

from tests.source_tree import COMMANDS, ROOT
from xvat_tf import train
from xvat_tf.command_line import help_text
from xvat_tf.datasets import DATASETS
from xvat_tf.methods import METHODS
from xvat_tf.networks import NETWORKS
from xvat_tf.settings import resolve, to_values
from xvat_tf.settings.groups import options_by_name

_PHRASE = re.compile(
    r"(?P<value>\S+)(?: for (?P<first>[\w:, ]+?))??"
    r"(?: with (?P<second>[\w, ]+?))??(?: (?P<word>with|without) --supervised)?"
    r"(?: with --network=(?P<networks>[\w, ]+))?"
)


# Headings, and every form of a flag.
PARTS = {
    "train": (
        *("data:", "labels and evaluation images:", "method:", "training:"),
        *("options of xat, xvat, xvatent:", "network:", "every command:"),
        "run folder, TensorBoard, checkpoints:",
        "names of the released PyTorch code",
        *("--method=text", "--num_epochs=int", "--hidden_sizes=int,int,..."),
        *("--epsilon=float", "--[no]validation", "--lamb2=float"),
        *("--flagfile=text", "Most minutes between checkpoints."),
        "Only with --mask_model=inductive.",
        *("1e-06 for inductive", "0.001 for transductive"),
    ),
    "evaluate": ("evaluation:", "--finetune_iter=int", "--[no]robustness"),
    "figures": ("figures:", "sweep:", "--runs=text,text,..."),
}
_HELP = """
import contextlib, importlib, sys
for command in sys.argv[1:]:
    module = importlib.import_module(f"xvat_tf.{command}")
    with contextlib.suppress(SystemExit):
        module.main(["--help"])
print(set(sys.modules) & {"tensorflow", "keras", "numpy", "sklearn"})
"""


def test_help_imports_little():
    """Of compare, arrays are what it is about."""
    commands = [name for name in COMMANDS if name != "compare"]
    words = [sys.executable, "-c", _HELP, *commands]
    said = subprocess.check_output(words, cwd=ROOT, text=True)
    assert said.count("usage: python -m xvat_tf.") >= len(commands)
    assert said.endswith("set()\n")


@pytest.mark.parametrize("command", PARTS)
def test_help_lists_flags(command, capsys):
    with pytest.raises(SystemExit):
        importlib.import_module(f"xvat_tf.{command}").main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for text in PARTS[command]:
        assert text in shown


def test_help_wins_over_wrong_values():
    with pytest.raises(SystemExit) as ended:
        train.main(["--help", "--epsilon=-1"])
    assert ended.value.code == 0


@pytest.mark.parametrize("columns, width", [(80, 80), (200, 100), (20, 40)])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_the_terminal(command, columns, width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit):
        importlib.import_module(f"xvat_tf.{command}").main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    described = [line for line in lines if re.match(" {6}\\S", line)]
    assert width - 20 < max(map(len, described)) <= width
    assert max(map(len, lines)) <= max(80, width)
    flags = [line for line in lines if line.startswith("  --")]
    assert len(flags) == len(set(flags)) >= 3


@functools.cache
def phrases(name):
    """Value, and where it holds, of each."""
    told = help_text.describe_default(name, options_by_name()[name])
    texts = filter(None, told.split("; "))
    return [_PHRASE.fullmatch(text).groups() for text in texts]


def said(name, dataset, method, supervised, network):
    """The default that the help tells: the last that fits the case."""
    found = ""
    for value, *subjects, word, networks in phrases(name):
        fits = word in (None, "with" if supervised else "without")
        fits &= networks is None or network in networks.split(", ")
        for names in filter(None, subjects):
            fits &= bool({dataset, method} & set(names.split(", ")))
        found = value if fits else found
    return found


@pytest.mark.parametrize("dataset", [*DATASETS, "tfds:NAME"])
def test_defaults_are_those_of_runs(dataset):
    places = {"arrays": "arrays_file", "folder": "images_dir"}
    given = {places[dataset]: "f"} if dataset in places else {}
    for method, supervised in itertools.product(METHODS, (False, True)):
        case = {"dataset": dataset, "method": method, "supervised": supervised}
        values = to_values(resolve(given | case))
        for name in values.keys() - {*case, *given, "generator_learning_rate"}:
            told = said(name, *case.values(), values["network"])
            assert told == help_text.plain(values[name]), name


@pytest.mark.parametrize("network", NETWORKS)
def test_defaults_are_those_of_networks(network):
    case = {"dataset": "mnist", "method": "vat", "supervised": False}
    values = to_values(resolve(case | {"network": network}))
    for name in values.keys() - {*case, "network"}:
        told = said(name, *case.values(), network)
        assert told == help_text.plain(values[name]), name


@pytest.mark.parametrize(
    "model, rate", [("inductive", 1e-6), ("transductive", 1e-3)]
)
def test_the_rate_of_a_generator_is_that_of_its_kind(model, rate):
    method = resolve({"method": "xvat", "mask_model": model}).method
    assert method.generator_learning_rate == rate
