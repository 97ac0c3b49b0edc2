"""Any command line trains, or ends in one line and leaves nothing."""

import json
import pathlib
import re

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from xvat_tf import train
from xvat_tf.command_line import CommandLine
from xvat_tf.errors import UserError
from xvat_tf.settings import differences, from_values, resolve, to_values
from xvat_tf.settings.groups import options_by_name

# So large that a value works but takes all memory or hours is no finding.
_COSTLY = {
    "hidden_sizes": st.lists(st.integers(-1, 40), max_size=3).map(
        lambda sizes: ",".join(map(str, sizes))
    ),
    "generator_layers": st.integers(-1, 3).map(str),
    "generator_filters": st.integers(-1, 4).map(str),
    "num_power_iterations": st.integers(-1, 3).map(str),
    "width": st.floats(-0.1, 0.1).map(str),
}
_DIGITS = [
    (
        "--dataset=digits",
        "--hidden_sizes=8",
        "--batch_size=10",
        "--ul_batch_size=20",
        f"--method={method}",
    )
    for method in ("mle", "at", "vat", "vatent", "xat", "xvat")
]
_POINTS = [
    ("--dataset=moons", "--method=xvat"),
    ("--dataset=circles", "--method=vat"),
]
# A path may hold any byte but NUL and stays in the current folder here; bytes
# that are no UTF-8 reach a program as lone surrogates.
_NAMES = st.text(
    st.characters(exclude_characters="\0/", exclude_categories=["Cs"])
    | st.sampled_from("\udc80\udcff\n -="),
    max_size=6,
).map(lambda text: f"a{text}")
_PLACES = ("log_dir", "data_dir", "stream_dir", "arrays_file", "images_dir")
_KINDS = {
    int: st.integers(0, 60) | st.integers(-2, 2**33) | st.just("1.5"),
    float: st.floats(0, 1) | st.floats() | st.just("big"),
    str: st.text("gpuc/:01", max_size=6),
}


def _texts(name, option):
    """Texts for a flag."""
    if name in _COSTLY:
        return _COSTLY[name]
    if name in _PLACES:
        return _NAMES
    if option.choices:
        return st.sampled_from((*option.choices, "nonsense"))
    return _KINDS[option.kind].map(str)


def _argument(name, option):
    """`--name=text`, or of a switch also `--name` and `--noname`."""
    if option.kind is bool:
        return st.sampled_from([f"--{name}", f"--no{name}", f"--{name}=maybe"])
    return _texts(name, option).map(lambda text: f"--{name}={text}")


def command_lines() -> st.SearchStrategy[list[str]]:
    """A small run with few flags changed: with many all would fail."""
    arguments = {
        name: _argument(name, option)
        for name, option in options_by_name().items()
    }
    names = st.sets(st.sampled_from(sorted(arguments)), max_size=4)
    changes = names.flatmap(
        lambda chosen: st.tuples(*(arguments[name] for name in sorted(chosen)))
    )
    runs = st.sampled_from(_DIGITS + _POINTS)
    return st.tuples(runs, changes).map(lambda parts: [*parts[0], *parts[1]])


_TWO_STEPS = (
    "--num_epochs=1",
    "--num_iter_per_epoch=2",
    "--eval_freq=1",
)
# Each run compiles its step: few of them but with --full.
_RUNS = 4 if settings().max_examples < 100 else settings().max_examples
_FLAG_AND_REMEDY = re.compile(r".*--\w+.*(: | must |See --help).*\.", re.S)


def _resolved(arguments):
    return resolve(CommandLine("").parse(arguments))


@settings(max_examples=100)
@given(command_lines())
def test_resolves_or_explains(arguments):
    try:
        resolved = _resolved(arguments)
    except UserError as error:
        _check_line(str(error))
        return
    values = to_values(resolved)
    restored = from_values(json.loads(json.dumps(values)), "settings.json")
    assert restored == resolved
    assert differences(restored, resolved) == []


def _check_line(line):
    assert "\n" not in line
    assert _FLAG_AND_REMEDY.fullmatch(line), line


@pytest.mark.usefixtures("precision")
@settings(max_examples=_RUNS)
@given(command_lines())
def test_trains_two_steps_or_explains(tmp_path_factory, arguments):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("drawn")
        patch.chdir(folder)
        patch.setenv("HOME", str(folder))
        for name in ("http_proxy", "https_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")  # It refuses.
        _trains_or_explains(arguments, folder)


def _trains_or_explains(arguments, folder: pathlib.Path):
    from xvat_tf.training.callbacks import DivergedError

    try:
        _resolved(arguments)
        assert train.main([*arguments, *_TWO_STEPS]) == 0
    except DivergedError as error:
        assert "--learning_rate" in str(error)
        assert _status(folder) == "diverged"
        event("diverged")
    except UserError as error:
        _check_line(str(error))
        assert not list(folder.rglob("settings.json")), "a run folder is left"
        event("refused")
    else:
        assert _status(folder) == "finished"
        event("trained")


def _status(folder):
    (results,) = folder.rglob("results.json")
    return json.loads(results.read_text())["status"]
