"""Any command line trains, or ends in one line and leaves nothing."""

import json
import pathlib
import re

import pytest
from hypothesis import event, given, settings

from tests.cli.drawn_flags import command_lines
from xvat_tf import train
from xvat_tf.command_line import CommandLine
from xvat_tf.errors import UserError
from xvat_tf.settings import differences, from_values, resolve, to_values

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
