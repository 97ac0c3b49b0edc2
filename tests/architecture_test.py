"""The shape of the code: ranks, no cycles, and a BUILD file that says so."""

import re

import pytest

from tests.source_tree import MODULES, ROOT, imports, libraries

# A module imports from its own package and from lower ranks only.
RANKS = {
    "errors": 0,
    "files": 0,
    "published": 0,
    "cluster": 0,
    "console": 0,
    "machine": 0,
    "hidden_noise": 0,
    "version": 0,
    "option": 0,
    "methods": 0,
    "datasets": 0,
    "networks": 0,
    "named": 0,
    "settings": 0,
    "data": 1,
    "models": 1,
    "perturbations": 1,
    "records": 1,
    "training": 2,
    "analysis": 3,
    "command_line": 2,
    "exporting": 3,
    "reference": 3,
    "benchmarking": 4,
    "reporting": 4,
    "audit": 5,
    "benchmark": 5,
    "compare": 5,
    "train": 5,
    "evaluate": 5,
    "export": 5,
    "predict": 5,
    "report": 5,
    "reproduction": 5,
    "figures": 6,
    "reproduce": 6,
}


@pytest.mark.parametrize("name", [n for n in MODULES if n != "xvat_tf"])
def test_a_module_imports_from_lower_ranks_only(name):
    package = name.split(".")[1]
    for imported in imports(name):
        if imported == "xvat_tf":
            continue
        other = imported.split(".")[1]
        own = other == package
        assert (
            own
            or RANKS[other] < RANKS[package]
            or (RANKS[other] == 0 and RANKS[package] == 0)
        ), f"{name} imports {imported}"


def test_no_module_is_a_dumping_ground():
    forbidden = {"utils", "util", "helpers", "common", "misc"}
    assert not {path.stem for path in MODULES.values()} & forbidden


def test_flags_are_defined_in_one_module():
    users = {
        name
        for name, path in MODULES.items()
        if re.search(r"\babsl\b", path.read_text())
    }
    assert users <= {"xvat_tf.command_line.parsing", "xvat_tf.machine"}


def test_build_says_what_each_package_imports():
    built = libraries()
    home = {
        source: name
        for name, (sources, _) in built.items()
        for source in sources
    }
    files = {n: str(path.relative_to(ROOT)) for n, path in MODULES.items()}
    assert set(home) == set(files.values())
    needed = {name: set() for name in built}
    for name, file in files.items():
        needed[home[file]] |= {home[files[other]] for other in imports(name)}
    for name, (_, deps) in built.items():
        assert deps == needed[name] - {name}, (
            f"BUILD: deps of {name} should be {sorted(needed[name] - {name})}"
        )


def test_every_folder_of_tests_has_its_target():
    build = (ROOT / "tests/BUILD").read_text()
    for path in (ROOT / "tests").glob("*/**/*_test.py"):
        folder = path.relative_to(ROOT / "tests").parts[0]
        assert f'"{folder}"' in build or f'"{folder}/' in build, folder


def test_public_names_exist():
    import xvat_tf

    for name in xvat_tf.__all__:
        assert getattr(xvat_tf, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = xvat_tf.nothing
