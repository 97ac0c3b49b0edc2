"""The shape of the code: ranks, no cycles, and a BUILD file that says so."""

import re
import subprocess
import sys

import pytest

from bazel import build_files

_REMEDY = "run python bazel/build_files.py"
# A module imports from its own package and from lower ranks only.
RANKS = {
    "errors": 0,
    "markdown": 0,
    "signals": 0,
    "cluster": 0,
    "tags": 0,
    "settings": 0,
    "data": 1,
    "models": 1,
    "perturbations": 1,
    "records": 1,
    "training": 2,
    "machine": 2,
    "rejoining": 2,
    "released_names": 2,
    "analysis": 3,
    "options": 2,
    "command_line": 3,
    "exporting": 3,
    "parity": 3,
    "benchmarking": 4,
    "audit": 5,
    "benchmark": 5,
    "compare": 5,
    "train": 5,
    "evaluate": 5,
    "figures": 5,
    "export": 5,
    "reproduction": 5,
    "reproduce": 6,
}
MODULES = {
    name: path
    for name, path in build_files.MODULES.items()
    if name.startswith("xvat_tf")
}


@pytest.mark.parametrize("name", [n for n in MODULES if n != "xvat_tf"])
def test_a_module_imports_from_lower_ranks_only(name):
    package = name.split(".")[1]
    for imported in build_files.imports(name):
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
    assert users <= {"xvat_tf.command_line", "xvat_tf.machine"}


def test_build_has_one_target_per_module_with_its_imports():
    text = (build_files.ROOT / "BUILD").read_text()
    assert text == build_files.root_text(RANKS), _REMEDY


def test_build_has_one_target_per_test_with_its_imports():
    text = (build_files.ROOT / "tests" / "BUILD").read_text()
    assert text == build_files.tests_text(), _REMEDY


def test_what_runs_depends_on_modules_that_are_only_named():
    needed = build_files.needed_to_run
    figures = needed(["xvat_tf.figures"])
    # Imported when it is drawn.
    assert "xvat_tf.analysis.figures.surface" in figures
    assert "xvat_tf.train" in figures  # the sweep's processes
    assert needed(["xvat_tf.evaluate"]) == {"xvat_tf.evaluate"}


def test_the_package_and_help_import_no_tensorflow():
    code = (
        "import sys, xvat_tf, xvat_tf.train, xvat_tf.evaluate;"
        "import xvat_tf.audit, xvat_tf.figures, xvat_tf.benchmark;"
        "import xvat_tf.reproduce, xvat_tf.export;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=build_files.ROOT)
    assert done.returncode == 0


def test_public_names_exist():
    import xvat_tf

    for name in xvat_tf.__all__:
        assert getattr(xvat_tf, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = xvat_tf.nothing
