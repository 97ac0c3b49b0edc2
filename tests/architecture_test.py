"""The shape of the code: ranks, no cycles, and a BUILD file that says so."""

import ast
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
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
FILES = sorted((ROOT / "xvat_tf").rglob("*.py"))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def imports(path):
    """Modules of the project that a file imports, at any depth of it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {n if n in MODULES else node.module for n in names}
    return sorted(name for name in found if name.split(".")[0] == "xvat_tf")


@pytest.mark.parametrize("name", [n for n in MODULES if n != "xvat_tf"])
def test_a_module_imports_from_lower_ranks_only(name):
    package = name.split(".")[1]
    for imported in imports(MODULES[name]):
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
    assert not {path.stem for path in FILES} & forbidden


def test_flags_are_defined_in_one_module():
    users = {
        name
        for name, path in MODULES.items()
        if re.search(r"\babsl\b", path.read_text())
    }
    assert users <= {"xvat_tf.command_line", "xvat_tf.machine"}


def targets():
    """Name, sources and deps of every rule in the BUILD file."""
    found = {}

    def rule(name, srcs, deps=(), **_):
        found[name] = (srcs, sorted(deps))

    text = (ROOT / "BUILD").read_text()
    names = {"py_library": rule, "py_binary": rule, "package": dict}
    names["load"] = lambda *_: None
    exec(compile(text, "BUILD", "exec"), names)
    return found


def target_name(module):
    return "xvat_tf" if module == "xvat_tf" else module.split(".", 1)[1]


def test_build_has_one_target_per_module_with_its_imports():
    expected = {
        target_name(name).replace(".", "/"): (
            [str(path.relative_to(ROOT))],
            sorted(
                ":" + target_name(other).replace(".", "/")
                for other in imports(path)
                if other != name
            ),
        )
        for name, path in MODULES.items()
    }
    assert targets() == expected


def test_the_package_and_help_import_no_tensorflow():
    code = (
        "import sys, xvat_tf, xvat_tf.train, xvat_tf.evaluate;"
        "import xvat_tf.audit, xvat_tf.figures, xvat_tf.benchmark;"
        "import xvat_tf.reproduce, xvat_tf.export;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == 0


def test_public_names_exist():
    import xvat_tf

    for name in xvat_tf.__all__:
        assert getattr(xvat_tf, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = xvat_tf.nothing
