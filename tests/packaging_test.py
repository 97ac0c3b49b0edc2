"""What an installed package offers: names, their types, commands."""

import ast
import importlib
import re
import runpy
import subprocess

import pytest
import setuptools

import xvat_tf
from tests.source_tree import MODULES, PYPROJECT, ROOT

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


@pytest.fixture
def installed(monkeypatch):
    """What setup.py says."""
    said = {}
    monkeypatch.setattr(setuptools, "setup", said.update)
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    return said


def test_all_packages_are_installed(installed):
    inits = [path for path in MODULES.values() if path.name == "__init__.py"]
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in inits}
    assert packages < set(installed["packages"])


def test_data_files_are_installed(installed):
    counts = {}
    for package, patterns in PYPROJECT["tool"]["setuptools"][
        "package-data"
    ].items():
        assert package in installed["packages"]
        folder = installed["package_dir"].get(package)
        folder = ROOT / (folder or package.replace(".", "/"))
        counts[package] = sum(len([*folder.glob(p)]) for p in patterns)
    assert counts == {
        "xvat_tf": 2,
        "xvat_tf.data": 2,
        "xvat_tf.exporting": 2,
        "xvat_tf.reporting": 1,
        "xvat_tf.reproduction": 2,
        "xvat_tf.flags": len([*(ROOT / "flags").iterdir()]),
    }


def test_the_source_distribution_leaves_nothing_out():
    if not (ROOT / ".git").exists():
        pytest.skip("no clone")
    files = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)
    tops = {path.partition("/")[0] for path in files.split() if "/" in path}
    manifest = (ROOT / "MANIFEST.in").read_text()
    grafted = re.findall(r"^graft (.*)$", manifest, re.M)
    assert tops == {"xvat_tf", *grafted}


def test_the_version_is_the_same_everywhere():
    version = PYPROJECT["project"]["version"]
    module = (ROOT / "MODULE.bazel").read_text()
    citation = (ROOT / "CITATION.cff").read_text()
    assert f'\n    version = "{version}",\n' in module
    assert f"\nversion: {version}\n" in citation
    assert f"\n## {version}," in (ROOT / "CHANGELOG.md").read_text()
