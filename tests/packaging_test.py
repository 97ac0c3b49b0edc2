"""What an installed package offers: names, their types, commands."""

import ast
import importlib
import tomllib

import pytest

import xvat_tf
from tests.source_tree import MODULES, ROOT

_FILE = ROOT / "pyproject.toml"
PYPROJECT = tomllib.loads(_FILE.read_text())
SCRIPTS = PYPROJECT["project"]["scripts"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_the_command_of_its_name(name):
    module_name, _, attribute = SCRIPTS[name].partition(":")
    module = importlib.import_module(module_name)
    program = getattr(module, attribute)
    assert module_name == f"xvat_tf.{name.removeprefix('xvat-')}"
    assert program.args == (module.main,)
    assert program.func is xvat_tf.command_line.run


def test_every_command_has_a_script():
    commands = {
        name
        for name, path in MODULES.items()
        if name.startswith("xvat_tf.")
        and name.count(".") == 1
        and "__main__" in path.read_text()
    }
    assert commands == {place.partition(":")[0] for place in SCRIPTS.values()}


def test_a_script_fails_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["xvat-train", "--nothing"])
    with pytest.raises(SystemExit) as stopped:
        importlib.import_module("xvat_tf.train").program()
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1


def test_type_checkers_see_the_public_names_where_they_are():
    source = MODULES["xvat_tf"].read_text()
    typed = {
        alias.name: node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
    }
    assert typed == xvat_tf._HOMES


def test_types_and_points_are_in_the_package():
    data = PYPROJECT["tool"]["setuptools"]["package-data"]
    folder = ROOT / "xvat_tf"
    assert (folder / data["xvat_tf"][0]).exists()
    assert len([*folder.joinpath("data").glob(data["xvat_tf.data"][0])]) == 2


def test_the_version_is_the_same_everywhere():
    version = PYPROJECT["project"]["version"]
    module = (ROOT / "MODULE.bazel").read_text()
    citation = (ROOT / "CITATION.cff").read_text()
    assert f'\n    version = "{version}",\n' in module
    assert f"\nversion: {version}\n" in citation
    assert f"\n## {version}," in (ROOT / "CHANGELOG.md").read_text()
