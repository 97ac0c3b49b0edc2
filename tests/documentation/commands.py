"""Checks a call of a program: its flags at least, the run if it is short."""

import importlib
import os
import pathlib
from unittest import mock

import pytest

from xvat_tf import evaluate, train
from xvat_tf.command_line import CommandLine
from xvat_tf.settings import resolve

EMBEDDED = ("moons", "circles", "digits")
_SHORT = ("--num_epochs=1", "--num_iter_per_epoch=1", "--panel_freq=0")


class _CaughtError(Exception):
    """Ends a command when it reads its flags."""


def command_line(module: str, arguments=()) -> tuple[CommandLine, list[str]]:
    """What a command of ours reads its flags with, and what it would read."""

    def stop(line, argv):
        raise _CaughtError(line, argv)

    with (
        mock.patch.object(CommandLine, "parse", stop),
        pytest.raises(_CaughtError) as caught,
    ):
        importlib.import_module(module).main(list(arguments))
    return caught.value.args


def flags_of(module: str, arguments: list[str]) -> dict:
    """Values that a command of ours takes from its arguments.

    None of `--help`; a UserError says that it refuses them.
    """
    line, argv = command_line(module, arguments)
    try:
        return line.parse(argv)
    except SystemExit as shown_help:
        assert shown_help.code == 0
        return {}


class Calls:
    """The calls of one page, in its order, in the current folder.

    A call of `train` on embedded data or on files that are there runs for one
    step, the first of each method; `evaluate` runs on the folder of such a
    run, once with the same flags, but not for its robustness. All others have
    their flags read and, where they make settings, these checked.

    Args:
        methods: Those that have been trained and need not be again; grows.
        read: Whether the first run is trained all the same, to be read.
    """

    def __init__(self, methods: set | None = None, read: bool = False):
        self.ran, self._folders, self._evaluated = [], set(), []
        self._methods = set() if methods is None else methods
        self._read = read

    def check(self, words: list[str]) -> None:
        """Raises unless the call could be run."""
        match words:
            case ["python", "-m", "pytest", *arguments]:
                _check_paths(arguments)
            case ["python", "-m", module, *arguments]:
                self._check_ours(module, arguments)
            case ["python", "-c", code]:
                compile(code, "-c", "exec")
            case ["python", file, *_]:
                assert pathlib.Path(file).is_file(), file
            case ["tensorboard", *arguments]:
                _check_tensorboard(arguments)
            case _:
                raise AssertionError(f"not known: {words}")

    def _check_ours(self, module, arguments):
        given = flags_of(module, arguments)
        if module == "xvat_tf.train":
            self._train(arguments, resolve(given))
        elif (
            module == "xvat_tf.evaluate"
            and given.get("log_dir") in self._folders
            # `tests/cli/evaluate_test.py` has that.
            and not given.get("robustness")
        ):
            self._evaluate(arguments, given)

    def _evaluate(self, arguments, given):
        other = {n: value for n, value in given.items() if n != "log_dir"}
        if other not in self._evaluated:
            evaluate.main(arguments)
            self.ran.append(arguments)
            self._evaluated.append(other)

    def _train(self, arguments, settings):
        data, name = settings.data, settings.method.name
        at_hand = data.dataset in EMBEDDED
        at_hand |= any(map(os.path.exists, data.own_files.values()))
        alone = settings.train.distribute == "none"
        known = name in self._methods and not (self._read and not self.ran)
        if not (at_hand and alone) or known:
            return
        train.main([*arguments, *_SHORT])
        self.ran.append(arguments)
        self._methods.add(name)
        self._folders.add(settings.train.log_dir)


def _check_paths(arguments):
    for argument in arguments:
        if not argument.startswith("-"):
            assert pathlib.Path(argument.split("::")[0]).exists(), argument


def _check_tensorboard(arguments):
    for argument in arguments:
        name = argument.partition("=")[0]
        assert name in ("--logdir", "--samples_per_plugin"), argument
